// What of a SearchParameter decides the index rows that are made for it, as a short text: the same text, the same rows.
// Kept in the database by type; where it differs from what is there, the type is indexed anew.
import { createHash } from 'node:crypto';
import type { SearchParameter } from '@medplum/fhirtypes';

/** Code to digest, of one resource type. */
export type Digests = Readonly<Record<string, string>>;

/**
 * By type of parameter, where it is not 1. To be raised when the same definition gives other rows than before: a rule of `extract/` or a
 * form of row has changed. 2: long texts are kept whole. `text` is what tokens are found by with `:text`.
 */
const rowsVersions: Readonly<Record<string, number>> = { string: 2, text: 2 };
const versionOf = (type: string | undefined): number => rowsVersions[type ?? ''] ?? 1;

/** The digest of each definition. `find` gives what a composite's parts are defined by. */
export function digestsOf(
  definitions: readonly SearchParameter[],
  find: (url: string) => SearchParameter | undefined,
): Digests {
  return Object.fromEntries(
    definitions.flatMap((definition): readonly (readonly [string, string])[] => {
      const { type, code, expression } = definition;
      const own = [code, digestOf(definition, find)] as const;
      return type === 'token' ? [own, [textOf(code), hash([versionOf('text'), expression])]] : [own];
    }),
  );
}

/** The name under which it is kept whether a token parameter can be searched with `:text`. */
export const textOf = (code: string): string => `${code}:text`;

function digestOf(definition: SearchParameter, find: (url: string) => SearchParameter | undefined): string {
  const { type, expression, target, component = [] } = definition;
  const parts = component.map((part) => {
    const found = find(part.definition);
    const version = versionOf(found?.type);
    return [part.expression, found?.type, found?.expression, ...(version === 1 ? [] : [version])];
  });
  return hash([versionOf(type), type, expression, target, parts]);
}

const hash = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

/**
 * Of a type about which the database says nothing but which has resources: the parameters that every version of the hub has indexed
 * alike, so that nobody waits for those.
 */
export function alwaysIndexed(definitions: Iterable<SearchParameter>): readonly string[] {
  return [...definitions].filter(({ type, url }) => firstTypes.has(type) && url.startsWith(r4)).map(({ code }) => code);
}

const r4 = 'http://hl7.org/fhir/SearchParameter/';
const firstTypes: ReadonlySet<string> = new Set(['token', 'reference', 'date']);
