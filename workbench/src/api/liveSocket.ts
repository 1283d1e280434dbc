// One WebSocket of a room, as callbacks. Relative to the page's own origin, like everything in src/api.
import type { ClientMessage, ServerMessage } from './liveTypes';

export interface SocketHandlers {
  open(): void;
  message(message: ServerMessage): void;
  closed(code: number): void; // exactly once, also when it never opened
}

export interface LiveSocket {
  send(message: ClientMessage): void;
  close(): void;
}

export type OpenSocket = (url: string, handlers: SocketHandlers) => LiveSocket;

export const openSocket: OpenSocket = (url, handlers) => {
  const target = new URL(url, window.location.href);
  if (target.host !== window.location.host) throw new Error(`live socket on another origin: ${target.host}`);
  target.protocol = window.location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(target, 'skein.live.1');
  let done = false;
  const close = (code: number) => {
    if (done) return;
    done = true;
    handlers.closed(code);
  };
  socket.onopen = () => handlers.open();
  socket.onmessage = (event) => {
    if (done) return;
    try {
      handlers.message(JSON.parse(String(event.data)) as ServerMessage);
    } catch (error) {
      console.error('live message not understood', error);
      socket.close(4000);
      close(1002);
    }
  };
  socket.onclose = (event) => close(event.code);
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close: () => {
      socket.onmessage = null;
      socket.close(1000);
      close(1000);
    },
  };
};
