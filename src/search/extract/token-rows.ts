// What each data type gives a token parameter to be found by. https://hl7.org/fhir/R4/search.html#token
// A ContactPoint is found by its value, whatever its system; a code by the code alone, since its element implies the system.
import type { TokenRow } from '../index-rows.ts';
import { toIndexable } from '../string-value.ts';

type TokenPart = Pick<TokenRow, 'system' | 'code'>;
type TokenRule = (value: unknown) => readonly TokenPart[];

const plain: TokenRule = (value) =>
  typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? [{ system: '', code: toIndexable(String(value)) }]
    : [];

const coding: TokenRule = (value) => {
  const { system, code } = value as { readonly system?: unknown; readonly code?: unknown };
  return typeof code === 'string' ? [{ system: toSystem(system), code: toIndexable(code) }] : [];
};

export const tokenRules: Readonly<Record<string, TokenRule>> = {
  boolean: plain,
  canonical: plain,
  code: plain,
  id: plain,
  integer: plain,
  oid: plain,
  positiveInt: plain,
  string: plain,
  uri: plain,
  url: plain,
  uuid: plain,
  Coding: coding,
  CodeableConcept: (value) => {
    const codings = (value as { readonly coding?: unknown }).coding;
    return Array.isArray(codings) ? codings.flatMap((item) => (isObject(item) ? coding(item) : [])) : [];
  },
  Identifier: (value) => {
    const identifier = value as { readonly system?: unknown; readonly value?: unknown };
    return typeof identifier.value === 'string'
      ? [{ system: toSystem(identifier.system), code: toIndexable(identifier.value) }]
      : [];
  },
  ContactPoint: (value) => plain((value as { readonly value?: unknown }).value),
};

/** The words that stand with a token, for `:text`: of a CodeableConcept, a Coding or the type of an Identifier. */
export function textsOf(type: string, value: unknown): readonly string[] {
  if (type === 'Coding') return texts([(value as { readonly display?: unknown }).display]);
  const concept =
    type === 'CodeableConcept'
      ? value
      : type === 'Identifier'
        ? (value as { readonly type?: unknown }).type
        : undefined;
  if (!isObject(concept)) return [];
  const { text, coding: codings } = concept as { readonly text?: unknown; readonly coding?: unknown };
  const displays =
    Array.isArray(codings) && type !== 'Identifier'
      ? codings.filter(isObject).map((item) => (item as { readonly display?: unknown }).display)
      : [];
  return texts([text, ...displays]);
}

const texts = (given: readonly unknown[]): readonly string[] =>
  given.filter((text) => typeof text === 'string').filter((text) => text !== '');

/** An Identifier by its type and value, for `:of-type`: the code is `type|value`. */
export function typedIdentifiersOf(type: string, value: unknown): readonly TokenPart[] {
  if (type !== 'Identifier') return [];
  const identifier = value as { readonly value?: unknown; readonly type?: { readonly coding?: unknown } | null };
  const codings = identifier.type?.coding;
  if (typeof identifier.value !== 'string' || !Array.isArray(codings)) return [];
  const written = identifier.value;
  return codings
    .flatMap((item) => (isObject(item) ? coding(item) : []))
    .map(({ system, code }) => ({ system, code: toIndexable(`${code}|${written}`) }));
}

/** Types whose tokens never have a system: what a caller writes before the bar says nothing more. */
export const typesWithoutSystem: ReadonlySet<string> = new Set(
  Object.keys(tokenRules).filter((type) => tokenRules[type] === plain || type === 'ContactPoint'),
);

function toSystem(system: unknown): string {
  return typeof system === 'string' ? toIndexable(system) : '';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
