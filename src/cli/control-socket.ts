// How commands reach a running hub on the embedded database: small JSON over HTTP on a Unix socket in the data folder (mode 0600).
// Refuses to use a socket or a folder that belongs to another user. The file system decides who may connect: the same user alone.
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Room in sockaddr_un (104 bytes on macOS) for the private folder that the socket is made in. */
const longestPathBytes = 90;
const maxBytes = 1024 * 1024;
const timeoutMs = 30_000;

/** The socket cannot be used; the message says why. */
export class ControlSocketError extends Error {
  override readonly name = 'ControlSocketError';
}

/** Where the hub with this data folder listens: in the folder, or under the temporary folder where that path would be too long. */
export function toControlSocketPath(dataFolder: string): string {
  const folder = realpathSync(dataFolder);
  const path = join(folder, 'control.sock');
  if (Buffer.byteLength(path) <= longestPathBytes) return path;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `sip-hub-${userInfo().uid}-${name}`, 'control.sock');
}

/** What a command over the socket gives: the answer, or a message for the operator. */
export type ControlAnswer = { readonly result: unknown } | { readonly error: string };

export interface ControlSocket {
  readonly path: string;
  readonly close: () => Promise<void>;
}

/**
 * Listens. Call it only while holding the lock of the data folder: a socket left behind by a killed process is removed.
 * `execute` gets what the command sent; a rejection becomes a general message, and `onFailure` is told.
 */
export async function openControlSocket(options: {
  readonly dataFolder: string;
  readonly execute: (command: unknown) => Promise<ControlAnswer>;
  readonly onFailure: (error: unknown) => void;
}): Promise<ControlSocket> {
  const path = toControlSocketPath(options.dataFolder);
  const folder = join(path, '..');
  if (folder !== realpathSync(options.dataFolder)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    requirePrivate(folder);
  }
  const server = createServer((incoming, response) => {
    respond(incoming, response, options).catch(options.onFailure);
  });
  // Made in a folder that nobody else can enter and only then put in its place, so that it is never open to others.
  const nursery = mkdtempSync(join(folder, '.s'));
  try {
    const made = join(nursery, 's');
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(made, resolve);
    });
    chmodSync(made, 0o600);
    renameSync(made, path);
  } finally {
    rmSync(nursery, { recursive: true, force: true });
  }
  return {
    path,
    close: async () => {
      rmSync(path, { force: true });
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: {
    readonly execute: (command: unknown) => Promise<ControlAnswer>;
    readonly onFailure: (error: unknown) => void;
  },
): Promise<void> {
  let answer: ControlAnswer;
  try {
    answer = await options.execute(JSON.parse(await readText(incoming)));
  } catch (error) {
    options.onFailure(error);
    answer = { error: 'The running hub failed on this command. Its log says more.' };
  }
  response.writeHead('error' in answer ? 422 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
}

/**
 * Sends a command to the hub that runs on this data folder. undefined where none listens.
 * @throws ControlSocketError where the socket belongs to another user or does not answer as a hub
 */
export async function sendControlCommand(
  dataFolder: string,
  command: unknown,
  options: { readonly timeoutMs: number } = { timeoutMs },
): Promise<ControlAnswer | undefined> {
  const path = findSocket(dataFolder);
  if (path === undefined) return undefined;
  requireOwn(path);
  const sent = request({ socketPath: path, method: 'POST', path: '/', signal: AbortSignal.timeout(options.timeoutMs) });
  let response: IncomingMessage;
  try {
    response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject).end(JSON.stringify(command));
    });
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined;
    throw new ControlSocketError(`The running hub could not be reached at ${path}.`, { cause: error });
  }
  const answer: unknown = JSON.parse(await readText(response));
  if (typeof answer === 'object' && answer !== null && 'error' in answer && typeof answer.error === 'string')
    return { error: answer.error };
  if (typeof answer === 'object' && answer !== null && 'result' in answer) return { result: answer.result };
  throw new ControlSocketError(`What listens at ${path} is not a sip-hub.`);
}

function findSocket(dataFolder: string): string | undefined {
  try {
    const path = toControlSocketPath(dataFolder);
    return lstatSync(path).isSocket() ? path : undefined;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

function requireOwn(path: string): void {
  const { uid } = lstatSync(path);
  if (uid !== userInfo().uid)
    throw new ControlSocketError(`${path} belongs to another user. Run the command as the user that runs the hub.`);
}

/** For the folder under the temporary folder, where anybody may have made one of that name. */
function requirePrivate(folder: string): void {
  const { uid, mode } = lstatSync(folder);
  if (uid !== userInfo().uid || (mode & 0o077) !== 0)
    throw new ControlSocketError(`${folder} is open to others. Remove it.`);
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ControlSocketError('The message is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
