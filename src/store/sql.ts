// A small composer for SQL: fragments hold text written in this folder, and values only as parameters. Nothing that came from
// outside can become text. A parameter used twice is sent once.
import type { Statement } from './database.ts';

/** A value, or (`slot`) the name under which one is handed in each time the statement runs. */
export interface Parameter {
  readonly cast: string;
  readonly value?: unknown;
  readonly slot?: string;
}

export interface Fragment {
  readonly strings: readonly string[];
  readonly parts: readonly Expression[];
}

export type Expression = Fragment | Parameter;

const isParameter = (part: Expression): part is Parameter => 'cast' in part;

/** SQL text with fragments and parameters in it. */
export function sql(strings: TemplateStringsArray, ...parts: readonly Expression[]): Fragment {
  return { strings, parts };
}

/** Text of this folder's own that is no value: a column, an alias. Refuses all but plain names. */
export function name(text: string): Fragment {
  if (!/^[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)?$/.test(text)) throw new Error(`not a name in SQL: ${text}`);
  return { strings: [text], parts: [] };
}

/** A value of the PostgreSQL type `cast`. */
export const value = (cast: string, given: unknown): Parameter => ({ cast, value: given });

/** A value of the PostgreSQL type `cast` that is handed in under this name at each run. */
export const slot = (cast: string, slotName: string): Parameter => ({ cast, slot: slotName });

export const nothing: Fragment = { strings: [''], parts: [] };

export function join(fragments: readonly Fragment[], separator: string): Fragment {
  if (fragments.length === 0) return nothing;
  return { strings: ['', ...fragments.slice(1).map(() => separator), ''], parts: fragments };
}

/** All must hold; true of none. */
export const allOf = (conditions: readonly Fragment[]): Fragment =>
  conditions.length === 0 ? sql`true` : join(conditions, ' and ');

/** Any must hold; false of none. */
export const anyOf = (conditions: readonly Fragment[]): Fragment =>
  conditions.length === 0 ? sql`false` : sql`(${join(conditions, ' or ')})`;

interface Rendered {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

function render(fragment: Fragment): Rendered {
  const parameters: Parameter[] = [];
  const numbers = new Map<Parameter | string, number>();
  const pieces: string[] = [];
  const walk = (part: Expression): void => {
    if (isParameter(part)) {
      const identity = part.slot ?? part;
      const number = numbers.get(identity) ?? parameters.push(part);
      numbers.set(identity, number);
      pieces.push(`$${number}::${part.cast}`);
      return;
    }
    part.strings.forEach((text, index) => {
      pieces.push(text);
      const next = part.parts[index];
      if (next !== undefined) walk(next);
    });
  };
  walk(fragment);
  return { text: pieces.join(''), parameters };
}

/** So many different texts are prepared by name; the rest are planned each time, so that no caller can fill the connections' memory. */
const mostNames = 1000;
const names = new Map<string, string>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= mostNames) return known;
  const fresh = `store_${names.size}`;
  names.set(text, fresh);
  return fresh;
}

function toNamed(text: string, values: readonly unknown[]): Statement {
  const known = nameOf(text);
  return known === undefined ? { text, values } : { text, values, name: known };
}

/** The statement of a fragment without slots. */
export function toStatement(fragment: Fragment): Statement {
  const { text, parameters } = render(fragment);
  return toNamed(
    text,
    parameters.map((parameter) => parameter.value ?? null),
  );
}

export type Slots = Readonly<Record<string, unknown>>;

/** The statement of a fragment with slots: rendered once, then filled at each run. */
export function compile(fragment: Fragment): (slots: Slots) => Statement {
  const { text, parameters } = render(fragment);
  return (slots) =>
    toNamed(
      text,
      parameters.map((parameter) => (parameter.slot === undefined ? parameter.value : slots[parameter.slot]) ?? null),
    );
}

/** What fragments that differ in values alone have in common, and the values (not the slots), in the order of `toColumns`. */
export function splitValues(fragment: Fragment): { readonly common: string; readonly values: readonly unknown[] } {
  const { text, parameters } = render(fragment);
  return { common: text, values: parameters.flatMap((given) => (given.slot === undefined ? [given.value] : [])) };
}

/** The fragment with each of its values (not its slots) taken from a column `p0`, `p1`, … of `row`, all of the type text. */
export function toColumns(fragment: Fragment, row: string): Fragment {
  const columns = new Map<Parameter, Fragment>();
  const replace = (part: Expression): Expression => {
    if (!isParameter(part)) return { strings: part.strings, parts: part.parts.map(replace) };
    if (part.slot !== undefined) return part;
    const known = columns.get(part);
    if (known !== undefined) return known;
    const column = { strings: [`${row}.p${columns.size}::${part.cast}`], parts: [] };
    columns.set(part, column);
    return column;
  };
  return replace(fragment) as Fragment;
}

/** A value as the text that PostgreSQL reads it from. */
export function toValueText(given: unknown): string | null {
  if (given === null || given === undefined) return null;
  if (given instanceof Date) return given.toISOString();
  if (Array.isArray(given)) return `{${given.map((item) => toItemText(toValueText(item))).join(',')}}`;
  // String, because JSON has no infinity.
  return typeof given === 'string' || typeof given === 'number' ? String(given) : JSON.stringify(given);
}

const toItemText = (text: string | null): string =>
  text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** The text of a fragment without values, for what takes no parameters. @throws where there is one */
export function toLiteralText(fragment: Fragment): string {
  const { text, parameters } = render(fragment);
  if (parameters.length > 0) throw new Error('a fragment with values is no literal text');
  return text;
}
