// JSON text to values and back without losing a digit. https://hl7.org/fhir/R4/json.html · https://www.rfc-editor.org/rfc/rfc8259
// Refuses what is malformed, too deep, says a key twice, names a key that JavaScript treats specially, or holds NUL or half a surrogate pair.
// A number not in JavaScript's own form (`1.00`, `1e3`) is a plain number in the tree; its text stands beside it under `numberSources`.
import { problem } from '../core/problem.ts';
import type { Problem, ProblemCode } from '../core/problem.ts';
import { describePlace, findJsonFault } from './json-fault.ts';

// Node 24 has "JSON.parse source text access" (https://tc39.es/proposal-json-parse-with-source/); TypeScript 7.0's library does not.
declare global {
  interface JSON {
    /** An object that JSON.stringify writes as exactly this text. Takes the text of one JSON primitive. */
    rawJSON(text: string): object;
    parse(
      text: string,
      reviver: (this: object, key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/** On an object or array: for its numbers whose text JSON.stringify would not give back, key -> text. Copied by object spread, unseen by Object.keys. */
export const numberSources: unique symbol = Symbol('numberSources');

interface NumberHolder {
  [numberSources]?: Map<string, string>;
}

const quote = 0x22;
const colon = 0x3a;
const minus = 0x2d;
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Parses a JSON text. Time is linear in the text. Messages name the place, never the content.
 * @throws json-malformed, json-too-deep, json-duplicate-key, json-forbidden-key, json-forbidden-character
 */
export function parseJson(text: string, options: { readonly maxDepth: number }): unknown {
  const scan = scanJson(text, options.maxDepth);
  const value = parseNatively(text, scan.numbersNeedSource);
  const walk: Walk = { members: 0, checkStrings: !text.isWellFormed() || text.includes('\\u') };
  walkValue(value, walk);
  if (walk.members !== scan.colons) throw fault('json-duplicate-key', text, findJsonFault(text)?.offset ?? 0);
  return value;
}

/** Writes JSON text; a number inside an object or array that was read with `parseJson` and is still the same gets its own digits back. */
export function stringifyJson(value: unknown): string {
  if (!hasNumberSources(value)) return JSON.stringify(value);
  return JSON.stringify(value, function (this: NumberHolder, key: string, member: unknown): unknown {
    if (typeof member !== 'number') return member;
    const source = this[numberSources]?.get(key);
    return source !== undefined && Object.is(Number(source), member) ? JSON.rawJSON(source) : member;
  });
}

interface Scan {
  readonly colons: number;
  readonly numbersNeedSource: boolean;
}

/** One pass over the characters: depth, members, and whether any number needs its text kept. Checks no grammar. */
function scanJson(text: string, maxDepth: number): Scan {
  let depth = 0;
  let colons = 0;
  let numbersNeedSource = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = closingQuote(text, at);
    } else if (code === colon) {
      colons += 1;
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > maxDepth) throw fault('json-too-deep', text, at, `At most ${maxDepth} levels are accepted.`);
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    } else if (code === minus || isDigit(code)) {
      const end = endOfNumber(text, at + 1);
      numbersNeedSource ||= !isCanonicalNumber(text, at, end);
      at = end - 1;
    }
  }
  return { colons, numbersNeedSource };
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function endOfNumber(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // digits + - . e E
    if (!isDigit(code) && code !== 0x2b && code !== minus && code !== 0x2e && code !== 0x65 && code !== 0x45) break;
  }
  return at;
}

/** True where JSON.stringify would write the number as it stands: `12`, `-3`, `36.6`, but not `1.00`, `1e3`, `-0`. */
function isCanonicalNumber(text: string, start: number, end: number): boolean {
  if (end - start === 1) return true;
  const source = text.slice(start, end);
  return String(Number(source)) === source;
}

function parseNatively(text: string, keepSources: boolean): unknown {
  try {
    return keepSources ? JSON.parse(text, keepNumberSource) : JSON.parse(text);
  } catch {
    // The engine's own message repeats the content, so it goes no further.
    throw fault('json-malformed', text, findJsonFault(text)?.offset ?? 0);
  }
}

function keepNumberSource(
  this: NumberHolder,
  key: string,
  value: unknown,
  context: { readonly source?: string },
): unknown {
  const { source } = context;
  if (typeof value === 'number' && source !== undefined && String(value) !== source) {
    (this[numberSources] ??= new Map()).set(key, source);
  }
  return value;
}

interface Walk {
  members: number;
  readonly checkStrings: boolean;
}

function walkValue(value: unknown, walk: Walk): void {
  if (typeof value === 'string') {
    if (walk.checkStrings) checkCharacters(value);
  } else if (Array.isArray(value)) {
    for (const item of value) walkValue(item, walk);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      walk.members += 1;
      if (forbiddenKeys.has(key))
        throw problem('json-forbidden-key', {
          diagnostics: 'The keys __proto__, constructor and prototype are not accepted. Remove them.',
        });
      if (walk.checkStrings) checkCharacters(key);
      walkValue((value as Readonly<Record<string, unknown>>)[key], walk);
    }
  }
}

function checkCharacters(text: string): void {
  if (text.includes('\0') || !text.isWellFormed()) throw problem('json-forbidden-character');
}

function hasNumberSources(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (numberSources in value) return true;
  return (Array.isArray(value) ? value : Object.values(value)).some(hasNumberSources);
}

function fault(code: ProblemCode, text: string, offset: number, advice = 'Correct it there.'): Problem {
  return problem(code, { diagnostics: `The JSON has a fault at ${describePlace(text, offset)}. ${advice}` });
}
