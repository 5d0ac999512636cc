// Values as they stand in an index: PostgreSQL refuses index rows over 2 704 bytes, so what is longer is cut.
// Writing and searching use the same functions.
import { createHash } from 'node:crypto';

/** 200 characters are at most 800 bytes. */
const longest = 200;

/** For equality: a long value becomes its beginning and its hash. */
export function toIndexedCode(text: string): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 64).toWellFormed()}${createHash('sha256').update(text).digest('hex')}`;
}

/** For ranges: the beginning of a long value. Two values that differ only later look alike here. */
export function toIndexedString(text: string): string {
  return text.length <= longest ? text : text.slice(0, longest).toWellFormed();
}

/** The beginning that stands in the index does not settle whether a value begins with this text: the whole value must be asked. */
export const reachesPastIndex = (text: string): boolean => text.length >= longest;

/** PostgreSQL's timestamps begin later than JavaScript's; nothing that is stored lies outside these years. */
const firstMs = Date.parse('0001-01-02T00:00:00Z');
const lastMs = Date.UTC(9999, 11, 31);

/** The instant, brought to between year 1 and year 9999. */
export function toTimestamp(ms: number): Date {
  return new Date(Math.min(Math.max(ms, firstMs), lastMs));
}
