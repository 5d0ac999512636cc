// Reads and writes tar archives in memory, as NPM packages are: files by name, nothing else.
// https://www.gnu.org/software/tar/manual/html_node/Standard.html · https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
// Refuses damaged headers, names that lead out of the archive and archives that grow too large. Links and devices are passed over;
// nothing is ever written to disk, so a name is only a name.
import { gunzipSync, gzipSync } from 'node:zlib';

export interface TarFile {
  /** With forward slashes: `package/package.json`. */
  readonly name: string;
  readonly bytes: Buffer;
}

export interface TarLimits {
  /** Bytes after unpacking. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

const blockBytes = 512;

/** The files of a `.tgz`. @throws Error in words for a reader, without the archive's name */
export function readTgz(compressed: Buffer, limits: TarLimits): readonly TarFile[] {
  return readTar(gunzip(compressed, limits.maxBytes), limits);
}

function gunzip(compressed: Buffer, maxOutputLength: number): Buffer {
  try {
    return gunzipSync(compressed, { maxOutputLength });
  } catch (cause) {
    const isTooLarge =
      cause instanceof RangeError || (cause as { readonly code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Error(isTooLarge ? `it holds more than ${maxOutputLength} bytes` : 'it is not a whole gzip file', {
      cause,
    });
  }
}

function readTar(bytes: Buffer, limits: TarLimits): readonly TarFile[] {
  const files: TarFile[] = [];
  let longName: string | undefined;
  let at = 0;
  while (at + blockBytes <= bytes.length) {
    const header = bytes.subarray(at, at + blockBytes);
    if (header.every((byte) => byte === 0)) return files;
    requireChecksum(header);
    const size = readOctal(header, { from: 124, length: 12 });
    const start = at + blockBytes;
    if (start + size > bytes.length) throw new Error('it ends in the middle of a file');
    const content = bytes.subarray(start, start + size);
    const kind = String.fromCharCode(header[156] ?? 0);
    // A name of more than 100 characters stands in an entry of its own, before the file.
    if (kind === 'x') longName = readPaxPath(content) ?? longName;
    else if (kind === 'L') longName = readText(content, { from: 0, length: size });
    else {
      if (kind === '0' || kind === '\0')
        files.push({ name: requireSafeName(longName ?? readName(header)), bytes: content });
      if (kind !== 'g') longName = undefined;
    }
    if (files.length > limits.maxFiles) throw new Error(`it holds more than ${limits.maxFiles} files`);
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
  throw new Error('its end is missing');
}

interface Field {
  readonly from: number;
  readonly length: number;
}

function readText(bytes: Buffer, { from, length }: Field): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function readOctal(header: Buffer, field: Field): number {
  const text = readText(header, field).trim();
  if (!/^[0-7]{1,11}$/.test(text)) throw new Error('a number in it is not written as tar writes numbers');
  return Number.parseInt(text, 8);
}

function readName(header: Buffer): string {
  const name = readText(header, { from: 0, length: 100 });
  const isUstar = readText(header, { from: 257, length: 5 }) === 'ustar';
  const prefix = isUstar ? readText(header, { from: 345, length: 155 }) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** `27 path=package/….json\n`, among other records. */
function readPaxPath(content: Buffer): string | undefined {
  let path: string | undefined;
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('utf8', at, space < 0 ? at : space));
    if (!Number.isInteger(length) || length < 5) throw new Error('an extended header in it is damaged');
    const record = content.toString('utf8', space + 1, at + length - 1);
    if (record.startsWith('path=')) path = record.slice('path='.length);
    at += length;
  }
  return path;
}

function requireChecksum(header: Buffer): void {
  const expected = readOctal(header, { from: 148, length: 8 });
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (sum !== expected) throw new Error('a header in it does not have the sum it says');
}

function requireSafeName(name: string): string {
  const plain = name.replace(/^\.\//, '');
  const isUnsafe = plain.startsWith('/') || plain.includes('\\') || plain.split('/').includes('..');
  if (isUnsafe) throw new Error('a name in it leads out of the archive');
  return plain;
}

/** A `.tgz` of the files, the same bytes for the same files: no time, owner or machine goes in. @throws Error for a name over 100 bytes */
export function writeTgz(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap(({ name, bytes }) => {
    const rest = bytes.length % blockBytes;
    return [toHeader(name, bytes.length), bytes, Buffer.alloc(rest === 0 ? 0 : blockBytes - rest)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]), { level: 9 });
}

function toHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`The name ${name} is too long for the archive.`);
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, { from, length }: Field): void => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, from, 'latin1');
  };
  header.write(name, 0, 'utf8');
  octal(0o644, { from: 100, length: 8 });
  octal(0, { from: 108, length: 8 });
  octal(0, { from: 116, length: 8 });
  octal(size, { from: 124, length: 12 });
  octal(0, { from: 136, length: 12 });
  header.write('        ', 148, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
