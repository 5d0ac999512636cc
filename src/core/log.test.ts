import { expect, test } from 'vitest';
import { createLog } from './log.ts';

function write(detail: string): readonly string[] {
  const lines: string[] = [];
  const log = createLog({ least: 'info', now: () => new Date(0), write: (line) => void lines.push(line) });
  log('info', 'told', { detail });
  return lines;
}

test('no control character reaches a line raw, and the reader of the JSON gets each back', () => {
  const codes = [...Array(0x3000).keys(), 0xfeff];
  const detail = String.fromCharCode(...codes);
  const [line = '', ...more] = write(detail);
  expect(more).toEqual([]);
  // Whatever is "Control", "Format" or a separator of lines in Unicode.
  expect(line.slice(0, -1).match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu)).toBeNull();
  expect(line.endsWith('}\n')).toBe(true);
  expect(JSON.parse(line)).toMatchObject({ event: 'told', detail });
});

test('a second line cannot be made', () => {
  expect(write('x"}\n{"at":"2026-01-01T00:00:00.000Z","level":"info","event":"forged"}').join('').split('\n')).toEqual([
    expect.stringContaining('forged'),
    '',
  ]);
});

test('other letters stay as they are', () => {
  expect(write('Begärt: å – 𝒳')[0]).toContain('Begärt: å – 𝒳');
});
