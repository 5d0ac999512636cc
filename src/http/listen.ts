// The listening socket: open before the hub is ready, so that a supervisor sees life, and closed so that running requests end.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config.ts';

export interface Front {
  readonly port: number;
  readonly handOver: (listener: RequestListener) => void;
  /** Takes no more connections and resolves when the last request has ended, or after `timeoutMs`. */
  readonly close: (timeoutMs: number) => Promise<void>;
}

/** Listens on the address; every request is answered 503 until a listener is handed over. @throws Error (EADDRINUSE) */
export async function listen(config: Pick<Config, 'host' | 'port'>): Promise<Front> {
  let listener: RequestListener = (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
    response.end('{"status":"starting"}');
  };
  const server: Server = createServer({ maxHeaderSize: 16_384 }, (request, response) => listener(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    handOver: (next) => {
      listener = next;
    },
    close: (timeoutMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
