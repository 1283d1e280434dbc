#include "server/http/static_files.h"

#include <openssl/sha.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "server/http/compress.h"

namespace skein::http {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMemoryMax = uint64_t{1} << 20;
constexpr size_t kFilesMax = 20'000;
constexpr uint64_t kPackMax = uint64_t{16} << 20;  // packed at start; larger ones at build time
constexpr int kPackLevel = 6;

constexpr std::string_view kNotBuilt =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Skein</title>"
    "<body><h1>Skein is running</h1><p>The workbench is not built. Run <code>./run build</code>, "
    "or "
    "<code>npm ci &amp;&amp; npm run build</code> in <code>workbench/</code>, then start again.</p>"
    "<p>The API answers under <a href=\"/api/v1/health\">/api/v1</a>.</p></body></html>";

std::string TypeOf(const fs::path& path) {
  static const auto& types =
      *new std::map<std::string, std::string>{{".html", "text/html; charset=utf-8"},
                                              {".js", "text/javascript; charset=utf-8"},
                                              {".mjs", "text/javascript; charset=utf-8"},
                                              {".css", "text/css; charset=utf-8"},
                                              {".json", "application/json"},
                                              {".webmanifest", "application/manifest+json"},
                                              {".geojson", "application/geo+json"},
                                              {".svg", "image/svg+xml"},
                                              {".png", "image/png"},
                                              {".jpg", "image/jpeg"},
                                              {".webp", "image/webp"},
                                              {".ico", "image/x-icon"},
                                              {".woff2", "font/woff2"},
                                              {".wasm", "application/wasm"},
                                              {".txt", "text/plain; charset=utf-8"},
                                              {".pbf", "application/x-protobuf"},
                                              {".pmtiles", "application/octet-stream"}};
  const auto type = types.find(path.extension().string());
  return type == types.end() ? "application/octet-stream" : type->second;
}

std::string Hash(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < 12; ++i) {
    hex.push_back(kHex[digest[i] >> 4]);
    hex.push_back(kHex[digest[i] & 15]);
  }
  return hex;
}

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

enum class RangeKind : uint8_t { kWhole, kPart, kUnsatisfiable };

// "bytes=a-b", "bytes=a-", "bytes=-n"; anything else is ignored, as RFC 9110 allows.
RangeKind ReadRange(std::string_view header, uint64_t size, uint64_t* first, uint64_t* last) {
  if (!header.starts_with("bytes=") || header.find(',') != std::string_view::npos) {
    return RangeKind::kWhole;
  }
  header.remove_prefix(6);
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos) return RangeKind::kWhole;
  const auto a = Number(header.substr(0, dash));
  const auto b = Number(header.substr(dash + 1));
  if (!a && !b) return RangeKind::kWhole;
  if (!a) {
    if (*b == 0 || size == 0) return RangeKind::kUnsatisfiable;
    *first = *b >= size ? 0 : size - *b;
    *last = size - 1;
    return RangeKind::kPart;
  }
  if (b && *b < *a) return RangeKind::kWhole;
  if (*a >= size) return RangeKind::kUnsatisfiable;
  *first = *a;
  *last = b && *b < size ? *b : size - 1;
  return RangeKind::kPart;
}

}  // namespace

StaticFiles StaticFiles::Load(const std::string& folder) {
  StaticFiles files;
  files.folder_ = folder;
  std::error_code ec;
  if (folder.empty() || !fs::is_regular_file(fs::path(folder) / "index.html", ec)) return files;
  for (auto it = fs::recursive_directory_iterator(folder, ec);
       !ec && it != fs::recursive_directory_iterator(); it.increment(ec)) {
    if (!it->is_regular_file(ec) || it->is_symlink(ec)) continue;
    if (files.files_.size() >= kFilesMax) break;
    File file;
    file.path = it->path().string();
    file.type = TypeOf(it->path());
    file.size = it->file_size(ec);
    const std::string url = "/" + fs::relative(it->path(), folder, ec).generic_string();
    file.immutable = url.starts_with("/assets/");
    if (file.size <= kMemoryMax) {
      std::ifstream in(file.path, std::ios::binary);
      std::ostringstream content;
      content << in.rdbuf();
      file.content = std::move(content).str();
      file.size = file.content.size();
      file.in_memory = true;
      file.etag = "\"" + Hash(file.content) + "\"";
    } else {
      const auto written = fs::last_write_time(it->path(), ec).time_since_epoch().count();
      file.etag = "\"" + std::to_string(file.size) + "-" + std::to_string(written) + "\"";
    }
    files.files_.emplace(url, std::move(file));
  }
  files.Pair();
  return files;
}

// Finds the packed form of each text file, or makes it.
void StaticFiles::Pair() {
  for (auto& [url, file] : files_) {
    if (!Compressible(file.type)) continue;
    if (files_.contains(url + ".br")) file.brotli_url = url + ".br";
    if (files_.contains(url + ".gz")) {
      file.gzip_url = url + ".gz";
    } else if (file.size >= kCompressFrom && file.size <= kPackMax) {
      std::ostringstream content;
      if (!file.in_memory) content << std::ifstream(file.path, std::ios::binary).rdbuf();
      file.gzip = Gzip(file.in_memory ? file.content : content.str(), kPackLevel).value_or("");
    }
  }
}

std::optional<Response> StaticFiles::SendPacked(const File& file, const Request& request) const {
  const std::string* accept = request.Header("accept-encoding");
  std::string_view coding;
  const File* packed = nullptr;
  if (!file.brotli_url.empty() && Accepts(accept, "br")) {
    coding = "br";
    packed = &files_.find(file.brotli_url)->second;
  } else if (Accepts(accept, "gzip") && !(file.gzip_url.empty() && file.gzip.empty())) {
    coding = "gzip";
    if (!file.gzip_url.empty()) packed = &files_.find(file.gzip_url)->second;
  }
  if (coding.empty() || request.Header("range") != nullptr) return std::nullopt;
  Response response;
  const std::string etag =
      file.etag.substr(0, file.etag.size() - 1) + "-" + std::string(coding) + "\"";
  response.headers = {
      {"Content-Type", file.type},
      {"ETag", etag},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  const std::string* known = request.Header("if-none-match");
  if (known != nullptr && known->find(etag) != std::string::npos) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Encoding", std::string(coding));
  if (packed == nullptr) {
    response.body = file.gzip;
  } else if (packed->in_memory) {
    response.body = packed->content;
  } else {
    response.file = FileSlice{packed->path, 0, packed->size};
  }
  return response;
}

const StaticFiles::File* StaticFiles::Find(std::string_view path) const {
  if (const auto it = files_.find(path); it != files_.end()) return &it->second;
  const std::string_view last = path.substr(path.rfind('/') + 1);
  if (last.find('.') != std::string_view::npos) return nullptr;
  const auto index = files_.find("/index.html");
  return index == files_.end() ? nullptr : &index->second;
}

Response StaticFiles::Serve(const Request& request) const {
  if (request.path.starts_with("/api/")) {
    return Response::Error(404, "not_found", "there is no such path");
  }
  if (files_.empty()) {
    Response response;
    response.headers = {{"Content-Type", "text/html; charset=utf-8"},
                        {"Cache-Control", "no-store"}};
    response.body = kNotBuilt;
    return response;
  }
  const File* file = Find(request.path);
  if (file == nullptr) return Response::Error(404, "not_found", "there is no such file");
  return Send(*file, request);
}

Response StaticFiles::Send(const File& file, const Request& request) const {
  if (auto packed = SendPacked(file, request)) return *std::move(packed);
  Response response;
  response.headers = {
      {"Content-Type", file.type},
      {"ETag", file.etag},
      {"Accept-Ranges", "bytes"},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  const std::string* known = request.Header("if-none-match");
  if (known != nullptr && known->find(file.etag) != std::string::npos) {
    response.status = 304;
    return response;
  }
  uint64_t first = 0;
  uint64_t last = file.size == 0 ? 0 : file.size - 1;
  const std::string* range = request.Header("range");
  const std::string* if_range = request.Header("if-range");
  RangeKind kind = RangeKind::kWhole;
  if (range != nullptr && (if_range == nullptr || *if_range == file.etag)) {
    kind = ReadRange(*range, file.size, &first, &last);
  }
  if (kind == RangeKind::kUnsatisfiable) {
    response = Response::Error(416, "bad_request", "the range is beyond the end");
    response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(file.size));
    return response;
  }
  if (kind == RangeKind::kPart) {
    response.status = 206;
    response.headers.emplace_back("Content-Range", "bytes " + std::to_string(first) + "-" +
                                                       std::to_string(last) + "/" +
                                                       std::to_string(file.size));
  }
  const uint64_t length = file.size == 0 ? 0 : last - first + 1;
  if (file.in_memory) {
    response.body = file.content.substr(first, length);
  } else {
    response.file = FileSlice{file.path, first, length};
  }
  return response;
}

}  // namespace skein::http
