// One keep-alive HTTP/1.1 connection with one request at a time, straight on a socket: a load driver shares the machine with what it
// measures, and this costs it a fifth of what node:http does. Understands Content-Length and chunked answers; refuses the rest.
import { connect, type Socket } from 'node:net';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Lines `Name: value\r\n`. */
  readonly headers: string;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Status line and header lines as they came. */
  readonly head: string;
  readonly body: Buffer;
}

export interface HttpConnection {
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>;
  readonly close: () => void;
}

interface Waiting {
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Connects to a port of this machine. Rejects what is under way when the other side closes. */
export async function openConnection(port: number): Promise<HttpConnection> {
  const socket = await connectTo(port);
  let received: Buffer = Buffer.alloc(0);
  let waiting: Waiting | undefined;
  const fail = (error: Error): void => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The server closed the connection.')));
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = parseAnswer(received);
    if (answer === undefined) return;
    received = Buffer.alloc(0);
    waiting?.resolve(answer);
    waiting = undefined;
  });
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(toText(request, port));
      }),
    close: () => socket.destroy(),
  };
}

function connectTo(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function toText({ method, path, headers, body }: HttpRequest, port: number): string {
  const start = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}`;
  return body === undefined ? `${start}\r\n` : `${start}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const headEnd = Buffer.from('\r\n\r\n');

/** The answer once all of it is there. */
function parseAnswer(received: Buffer): HttpAnswer | undefined {
  const end = received.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const start = end + headEnd.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const bodyEnd = start + Number(length);
    return received.length < bodyEnd ? undefined : { status, head, body: received.subarray(start, bodyEnd) };
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const body = joinChunks(received, start);
    return body === undefined ? undefined : { status, head, body };
  }
  if (status === 204 || status === 304) return { status, head, body: Buffer.alloc(0) };
  throw new Error('The answer does not say how long it is.');
}

function joinChunks(received: Buffer, start: number): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (received.length < next) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(received.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
