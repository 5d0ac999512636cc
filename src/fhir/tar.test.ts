import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTgz, writeTgz } from './tar.ts';

const limits = { maxBytes: 1_000_000, maxFiles: 10 };
const file = (name: string, text = 'x') => ({ name, bytes: Buffer.from(text) });

/** A hand-made entry of any kind, as other tools write them. */
function entry(name: string, kind: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name.slice(0, 100), 0);
  header.write('0000644\0', 100);
  header.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(kind, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const body = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  body.write(text);
  return Buffer.concat([header, body]);
}

const archive = (...entries: readonly Buffer[]): Buffer => gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
const namesOf = (bytes: Buffer): readonly string[] => readTgz(bytes, limits).map(({ name }) => name);

describe('writeTgz and readTgz', () => {
  it('give back what went in, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 1100 }), { maxLength: 5 }), (contents) => {
        const files = contents.map((bytes, index) => ({ name: `package/${index}.json`, bytes: Buffer.from(bytes) }));
        expect(readTgz(writeTgz(files), limits)).toEqual(files);
      }),
    );
  });

  it('write the same bytes for the same files', () => {
    expect(writeTgz([file('package/a.json')])).toEqual(writeTgz([file('package/a.json')]));
  });
});

describe('readTgz', () => {
  it('reads long names as pax and as GNU tar write them', () => {
    const long = `package/${'n'.repeat(150)}.json`;
    const record = ` path=${long}\n`;
    const pax = `${record.length + 3}${record}`;
    expect(namesOf(archive(entry('PaxHeader', 'x', pax), entry('short', '0', '{}')))).toEqual([long]);
    expect(namesOf(archive(entry('././@LongLink', 'L', `${long}\0`), entry('short', '0', '{}')))).toEqual([long]);
  });

  it('passes over links, devices and folders', () => {
    const others = ['1', '2', '3', '5', 'g'].map((kind) => entry('package/x', kind, ''));
    expect(namesOf(archive(...others, entry('./package/a.json', '0', '{}')))).toEqual(['package/a.json']);
  });

  it.each(['../evil.json', '/etc/passwd', 'package/../../evil', 'package\\..\\evil'])('refuses the name %s', (name) => {
    expect(() => namesOf(archive(entry(name, '0', '{}')))).toThrow(/leads out/);
  });

  it('refuses what is damaged, and says how', () => {
    const whole = writeTgz([file('package/a.json', 'y'.repeat(2000))]);
    expect(() => namesOf(Buffer.from('no gzip'))).toThrow(/gzip/);
    expect(() => namesOf(whole.subarray(0, 60))).toThrow(/gzip/);
    const raw = entry('a', '0', 'text');
    raw[0] = 0x62;
    expect(() => namesOf(archive(raw))).toThrow(/sum/);
    expect(() => namesOf(gzipSync(entry('a', '0', 'text')))).toThrow(/end is missing/);
    expect(() => namesOf(gzipSync(entry('a', '0', 'y'.repeat(2000)).subarray(0, 1024)))).toThrow(/middle of a file/);
  });

  it('refuses what grows too large, in bytes and in files', () => {
    expect(() => namesOf(writeTgz([file('a', 'y'.repeat(1_000_000))]))).toThrow(/more than 1000000 bytes/);
    expect(() => namesOf(writeTgz(Array.from({ length: 11 }, (_, index) => file(`${index}`))))).toThrow(
      /more than 10 files/,
    );
  });
});
