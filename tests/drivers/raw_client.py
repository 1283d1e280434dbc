"""A Bolt client of a few lines: takes a result of one gigabyte and watches the server's memory.

Arguments: the server's bolt:// address, its process id. Prints ok and the figures.
"""

import socket
import struct
import sys
import time
import urllib.parse

PAD = 1000
ROWS = 1000 * 1000


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def pack(x):
    if isinstance(x, str):
        data = x.encode()
        return (bytes([0x80 + len(data)]) if len(data) < 16 else b"\xd1" + struct.pack(">H", len(data))) + data
    if isinstance(x, int):
        return struct.pack(">b", x) if -16 <= x < 128 else b"\xcb" + struct.pack(">q", x)
    assert len(x) < 16
    return bytes([0xA0 + len(x)]) + b"".join(pack(k) + pack(v) for k, v in x.items())


def message(tag, *fields):
    data = bytes([0xB0 + len(fields), tag]) + b"".join(pack(f) for f in fields)
    return struct.pack(">H", len(data)) + data + b"\0\0"


class Reader:
    def __init__(self, sock):
        self.sock, self.buffer, self.at, self.total = sock, b"", 0, 0

    def take(self, n):
        while len(self.buffer) - self.at < n:
            more = self.sock.recv(1 << 20)
            assert more, "the server closed"
            self.buffer, self.at = self.buffer[self.at:] + more, 0
            self.total += len(more)
        self.at += n
        return self.buffer[self.at - n:self.at]

    def tag(self):
        tag = None
        while True:
            n = struct.unpack(">H", self.take(2))[0]
            if n == 0 and tag is not None:
                return tag
            data = self.take(n)
            if tag is None and n:
                tag = data[1]


def main():
    url = urllib.parse.urlparse(sys.argv[1])
    pid = int(sys.argv[2])
    sock = socket.create_connection((url.hostname, url.port), timeout=120)
    sock.sendall(b"\x60\x60\xb0\x17" + bytes([0, 0, 4, 5]) + bytes(12))
    reader = Reader(sock)
    assert reader.take(4) == bytes([0, 0, 4, 5])
    sock.sendall(message(0x01, {"user_agent": "raw/1"}) + message(0x6A, {"scheme": "none"}))
    assert reader.tag() == 0x70 and reader.tag() == 0x70
    sock.sendall(message(0x10, "RETURN 1", {}, {}) + message(0x3F, {"n": -1}))
    assert [reader.tag() for _ in range(3)] == [0x70, 0x71, 0x70]
    before = resident(pid)
    start, first, peak, count = time.monotonic(), None, 0, 0
    sock.sendall(message(0x10, "UNWIND range(1, 1000) AS a UNWIND range(1, 1000) AS b RETURN a, b, $pad AS pad",
                         {"pad": "x" * PAD}, {}) + message(0x3F, {"n": -1}))
    assert reader.tag() == 0x70
    while True:
        tag = reader.tag()
        first = first or time.monotonic() - start
        if tag != 0x71:
            break
        count += 1
        if count % 20000 == 0:
            peak = max(peak, resident(pid))
    assert tag == 0x70 and count == ROWS, (tag, count)
    grown = peak - before
    seconds = time.monotonic() - start
    print(f"{'ok' if grown < 64 << 20 else 'too much'}: {reader.total / 1e9:.2f} GB in {seconds:.1f} s, first row after "
          f"{first * 1000:.0f} ms, {grown / (1 << 20):.1f} MiB more resident")


main()
