// Reads a request's body within a limit, as UTF-8 text. Refuses what is too large (413) before it is held in memory.
import type { Context } from 'hono';
import { problem } from '../core/problem.ts';

/** The body's text. @throws body-too-large, json-malformed (not UTF-8) */
export async function readBody(context: Context, maxBytes: number): Promise<string> {
  const declared = Number(context.req.header('content-length') ?? Number.NaN);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const bytes = Number.isNaN(declared)
    ? await readStream(context.req.raw.body, maxBytes)
    : new Uint8Array(await context.req.arrayBuffer());
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problem('json-malformed', { diagnostics: 'The body is not UTF-8.' });
  }
}

async function readStream(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  if (stream === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): Error {
  return problem('body-too-large', { diagnostics: `The hub takes at most ${maxBytes} bytes here.` });
}
