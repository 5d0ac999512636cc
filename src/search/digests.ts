// What of a SearchParameter decides the index rows that are made for it, as a short text: the same text, the same rows.
// Kept in the database by type; where it differs from what is there, the type is indexed anew.
import { createHash } from 'node:crypto';
import type { SearchParameter } from '@medplum/fhirtypes';

/** Code to digest, of one resource type. */
export type Digests = Readonly<Record<string, string>>;

/** To be raised when the same definition gives other rows than before: a rule of `extract/` or a form of row has changed. */
const rowsVersion = 1;

/** The digest of each definition. `find` gives what a composite's parts are defined by. */
export function digestsOf(
  definitions: readonly SearchParameter[],
  find: (url: string) => SearchParameter | undefined,
): Digests {
  return Object.fromEntries(definitions.map((definition) => [definition.code, digestOf(definition, find)]));
}

function digestOf(definition: SearchParameter, find: (url: string) => SearchParameter | undefined): string {
  const { type, expression, target, component = [] } = definition;
  const parts = component.map((part) => {
    const found = find(part.definition);
    return [part.expression, found?.type, found?.expression];
  });
  const text = JSON.stringify([rowsVersion, type, expression, target, parts]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * Of a type about which the database says nothing but which has resources: the parameters that every version of the hub has indexed,
 * so that nobody waits for those.
 */
export function alwaysIndexed(definitions: Iterable<SearchParameter>): readonly string[] {
  return [...definitions]
    .filter(({ code, type, url }) => firstTypes.has(type) && !words.has(code) && url.startsWith(r4))
    .map(({ code }) => code);
}

const r4 = 'http://hl7.org/fhir/SearchParameter/';
const firstTypes: ReadonlySet<string> = new Set(['token', 'reference', 'date', 'string']);
const words: ReadonlySet<string> = new Set(['_text', '_content']);
