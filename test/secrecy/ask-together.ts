// Many reads at once for little: those of the same tick go out on one connection, one after the other without waiting, and the answers come
// back in their order (RFC 9112 §9.3.2). What fetch and node:http cannot do. Takes answers with a Content-Length alone, as the hub's are.
import { connect } from 'node:net';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';

export interface Seen {
  readonly status: number;
  readonly text: string;
}

/** GET with the system's token. */
export type AskTogether = (system: VendorSystem, path: string) => Promise<Seen>;

interface Waiting {
  readonly head: string;
  readonly resolve: (seen: Seen) => void;
  readonly reject: (error: unknown) => void;
}

export function askTogetherAt(baseUrl: string): AskTogether {
  const { host, hostname, port, pathname } = new URL(baseUrl);
  let waiting: Waiting[] = [];
  const send = (): void => {
    exchange({ host: hostname, port: Number(port) }, waiting);
    waiting = [];
  };
  return ({ token }, path) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(send);
      const head = `GET ${pathname}/${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
      waiting.push({ head, resolve, reject });
    });
}

function exchange(address: { readonly host: string; readonly port: number }, asked: readonly Waiting[]): void {
  const socket = connect(address);
  const left = [...asked];
  const fail = (error: Error): void => {
    for (const { reject } of left.splice(0)) reject(error);
    socket.destroy();
  };
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    try {
      for (let found = takeAnswer(received); found !== undefined; found = takeAnswer(received)) {
        left.shift()?.resolve(found.seen);
        received = found.rest;
      }
    } catch (error) {
      fail(error as Error);
    }
    if (left.length === 0) socket.destroy();
  });
  socket.once('error', fail);
  socket.once('close', () => fail(new Error('The connection ended before all answers had come.')));
  socket.write(asked.map(({ head }) => head).join(''));
}

/** The first answer, and what has come after it; undefined while it is not there in full. */
function takeAnswer(
  received: Buffer<ArrayBuffer>,
): { readonly seen: Seen; readonly rest: Buffer<ArrayBuffer> } | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (status === undefined || length === undefined) throw new Error(`An answer without length: ${head}`);
  const [start, end] = [headEnd + 4, headEnd + 4 + Number(length)];
  if (received.length < end) return undefined;
  return {
    seen: { status: Number(status), text: received.toString('utf8', start, end) },
    rest: received.subarray(end),
  };
}
