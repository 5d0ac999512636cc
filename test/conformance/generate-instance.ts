// Makes instances of R4's types from their definitions alone: the least that is allowed, and one with every element.
// https://hl7.org/fhir/R4/structuredefinition.html · What rules forbid in combination is left to repair-instance.ts.
import type { ElementDefinition } from '@medplum/fhirtypes';
import type { Definitions } from '../../src/fhir/definitions.ts';
import type { Codes } from '../../src/terminology/codes.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';

export interface GeneratorSources {
  readonly definitions: Definitions;
  readonly codes: Codes;
}

export interface GeneratorOptions {
  /** Every element, or only what must be there. */
  readonly isFull: boolean;
  /** Which type of a choice and which code of a value set is taken: another variant takes the next. */
  readonly variant: number;
}

/** A value for each primitive type that is valid anywhere. */
export const primitiveSamples: Readonly<Record<string, unknown>> = {
  base64Binary: 'U0lQ',
  boolean: true,
  canonical: 'https://example.org/canonical|1.0',
  code: 'code',
  date: '2026-03-14',
  dateTime: '2026-03-14T09:30:00+01:00',
  decimal: 1.5,
  id: 'an-id.1',
  instant: '2026-03-14T09:30:00.000+01:00',
  integer: 2,
  markdown: 'Text with *emphasis*',
  oid: 'urn:oid:1.2.752.29.4.19',
  positiveInt: 2,
  string: 'text',
  time: '09:30:00',
  unsignedInt: 2,
  uri: 'https://example.org/uri',
  url: 'https://example.org/url',
  uuid: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
  xhtml: '<div xmlns="http://www.w3.org/1999/xhtml">Text</div>',
};

/** Codes of value sets that cannot be listed. */
const unlistedCodes: Readonly<Record<string, { readonly system: string; readonly code: string }>> = Object.fromEntries(
  (
    [
      ['languages', 'urn:ietf:bcp:47', 'sv'],
      ['all-languages', 'urn:ietf:bcp:47', 'sv'],
      ['mimetypes', 'urn:ietf:bcp:13', 'text/plain'],
      ['currencies', 'urn:iso:std:iso:4217', 'SEK'],
      ['ucum-units', 'http://unitsofmeasure.org', 'mg'],
      ['timezones', 'https://www.iana.org/time-zones', 'Europe/Stockholm'],
    ] as const
  ).map(([name, system, code]) => [`http://hl7.org/fhir/ValueSet/${name}`, { system, code }]),
);

const deepest = 6;
/** Left to tests of their own: they may stand anywhere and hold anything. */
const leftOut: ReadonlySet<string> = new Set(['extension', 'modifierExtension', 'contained', 'implicitRules']);
/** Any type at all: a few of each kind stand for the fifty. */
const openTypes: readonly string[] = ['string', 'Quantity', 'CodeableConcept', 'Reference', 'boolean', 'Period'];

interface Surroundings extends GeneratorSources, GeneratorOptions {
  readonly depth: number;
}

/** An instance of a resource type; rules between its elements may still be broken. */
export function generateResource(type: string, sources: GeneratorSources, options: GeneratorOptions): Json {
  return { resourceType: type, ...generateObject(type, { ...sources, ...options, depth: 0 }) };
}

/** An instance of a data type: an object, or a primitive value. */
export function generateDataType(type: string, sources: GeneratorSources, options: GeneratorOptions): unknown {
  return (
    primitiveSamples[type] ??
    (type === 'Reference'
      ? { reference: 'Patient/example' }
      : generateObject(type, { ...sources, ...options, depth: 1 }))
  );
}

/** Gives each element of the resource that has an id one of its own; resources inside keep theirs. */
export function separateIds(resource: Json): Json {
  const taken = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    if (!isRecord(value)) return;
    if (value !== resource && typeof value['resourceType'] === 'string' && typeof value['id'] === 'string') {
      separateIds(value);
      return;
    }
    const { id } = value;
    if (typeof id === 'string' && value !== resource) {
      for (let count = 2; taken.has(String(value['id'])); count += 1) value['id'] = `${id}.${count}`;
      taken.add(String(value['id']));
    }
    for (const member of Object.values(value)) visit(member);
  };
  visit(resource);
  return resource;
}

function generateObject(type: string, around: Surroundings): Json {
  const elements = around.definitions.typeStructure(type)?.snapshot?.element ?? [];
  const made = generateChildren(type, elements, around);
  return Object.keys(made).length > 0 ? made : generateSomething(type, elements, around);
}

/** An object must not be empty: its first element that is not an id or an extension. */
function generateSomething(path: string, elements: readonly ElementDefinition[], around: Surroundings): Json {
  const first = childrenOf(path, elements).find((child) => !leftOut.has(nameOf(child)) && nameOf(child) !== 'id');
  return first === undefined ? {} : generateMember(first, elements, around);
}

const childrenOf = (path: string, elements: readonly ElementDefinition[]): readonly ElementDefinition[] =>
  elements.filter(
    (element) => element.path.startsWith(`${path}.`) && !element.path.slice(path.length + 1).includes('.'),
  );

const nameOf = (element: ElementDefinition): string => element.path.slice(element.path.lastIndexOf('.') + 1);

function generateChildren(path: string, elements: readonly ElementDefinition[], around: Surroundings): Json {
  const isRoot = !path.includes('.');
  const wanted = childrenOf(path, elements).filter((child) => {
    const name = nameOf(child);
    if ((child.min ?? 0) > 0) return true;
    return (
      around.isFull && around.depth < deepest && child.max !== '0' && !leftOut.has(name) && !(name === 'id' && !isRoot)
    );
  });
  return Object.assign({}, ...wanted.map((child) => generateMember(child, elements, around))) as Json;
}

function generateMember(
  element: ElementDefinition,
  elements: readonly ElementDefinition[],
  around: Surroundings,
): Json {
  const type = chooseType(element, around.variant);
  const reference = element.contentReference?.slice(element.contentReference.indexOf('#') + 1);
  const path = reference ?? element.path;
  const isRecursive = element.path.startsWith(`${reference}.`);
  // An element inside itself stands once, with the least.
  if (isRecursive && !around.isFull && (element.min ?? 0) === 0) return {};
  const inner = { ...around, depth: around.depth + 1, isFull: around.isFull && !isRecursive };
  const hasChildren = childrenOf(path, elements).length > 0;
  const value = hasChildren
    ? filled(generateChildren(path, elements, inner), path, elements, inner)
    : generateValue(element, type, inner);
  if (value === undefined) return {};
  const name = nameOf(element);
  const key = name.endsWith('[x]') ? name.slice(0, -3) + type.slice(0, 1).toUpperCase() + type.slice(1) : name;
  const isList = element.max !== '1' && element.max !== '0';
  return { [key]: isList ? [value] : value };
}

/** Never empty. */
function filled(made: Json, path: string, elements: readonly ElementDefinition[], around: Surroundings): Json {
  return Object.keys(made).length > 0 ? made : generateSomething(path, elements, around);
}

/** The type the variant asks for, of those the element takes. */
function chooseType(element: ElementDefinition, variant: number): string {
  const codes = (element.type ?? []).map((type) => type.code ?? '');
  const types = codes.length > 20 ? openTypes : codes;
  const code = types[variant % Math.max(types.length, 1)] ?? 'string';
  return code.startsWith('http://hl7.org/fhirpath/')
    ? element.path.endsWith('.url')
      ? 'uri'
      : element.path.split('.').length === 2 && element.path.endsWith('.id')
        ? 'id'
        : 'string'
    : code;
}

function generateValue(element: ElementDefinition, type: string, around: Surroundings): unknown {
  const { binding } = element;
  const isBound = binding?.valueSet !== undefined && (binding.strength !== 'example' || type === 'code');
  const coding = isBound ? chooseCode(binding.valueSet ?? '', around) : undefined;
  if (type === 'code') return coding?.code ?? primitiveSamples['code'];
  if (coding !== undefined && type === 'Coding') return withDisplay(coding, around);
  if (coding !== undefined && type === 'CodeableConcept') return { coding: [withDisplay(coding, around)] };
  if (
    coding !== undefined &&
    /^(?:Quantity|SimpleQuantity|Age|Duration|Money)$/.test(type) &&
    binding?.strength === 'required'
  )
    return { value: 1, ...coding };
  if (coding !== undefined && (type === 'string' || type === 'uri')) return coding.code;
  if (type in primitiveSamples) return primitiveSamples[type];
  if (type === 'Reference') return generateReference(element, around);
  if (type === 'Resource') return { resourceType: 'Basic', code: { text: 'text' } };
  if (type === 'Extension') return { url: 'https://example.org/extension', valueString: 'text' };
  if (type === 'Narrative') return { status: 'generated', div: primitiveSamples['xhtml'] };
  if (type === 'Meta') return { tag: [{ system: 'https://example.org/tag', code: 'tag' }] };
  if (around.definitions.resourceTypes.has(type))
    return { resourceType: type, ...generateObject(type, { ...around, isFull: false }) };
  return dataTypeSamples[type] ?? generateObject(type, around);
}

function withDisplay(coding: { readonly system: string; readonly code: string }, { isFull }: Surroundings): Json {
  return { ...coding, ...(isFull ? { display: 'text', userSelected: false } : {}) };
}

function chooseCode(
  valueSet: string,
  { codes, variant }: Surroundings,
): { readonly system: string; readonly code: string } | undefined {
  const known = unlistedCodes[valueSet.split('|')[0] ?? ''];
  if (known !== undefined) return known;
  const all = codes.expand(valueSet);
  return all?.[variant % Math.max(all.length, 1)];
}

function generateReference(element: ElementDefinition, { definitions, isFull, variant }: Surroundings): Json {
  const type = element.type?.find(({ code }) => code === 'Reference');
  const targets = (type?.targetProfile ?? []).map((profile) => definitions.structure(profile)?.type ?? 'Patient');
  const target = targets[variant % Math.max(targets.length, 1)] ?? 'Patient';
  const name = target === 'Resource' ? 'Patient' : target;
  return { reference: `${name}/example`, ...(isFull ? { type: name, display: 'text' } : {}) };
}

const quantity = { value: 1.5, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' };

/** Data types whose elements depend on each other. */
export const dataTypeSamples: Readonly<Record<string, unknown>> = {
  Age: { ...quantity, unit: 'a', code: 'a' },
  Attachment: {
    contentType: 'text/plain',
    language: 'sv',
    data: 'U0lQ',
    size: 3,
    title: 'text',
    creation: '2026-03-14',
  },
  Count: { value: 1, unit: '1', system: 'http://unitsofmeasure.org', code: '1' },
  Distance: { ...quantity, unit: 'm', code: 'm' },
  Duration: { ...quantity, unit: 'd', code: 'd' },
  Identifier: {
    use: 'official',
    type: { text: 'text' },
    system: 'https://example.org/id',
    value: '1',
    period: { start: '2026' },
  },
  Money: { value: 10.5, currency: 'SEK' },
  Period: { start: '2026-03-14', end: '2026-03-15T10:00:00Z' },
  Quantity: quantity,
  Range: { low: quantity, high: { ...quantity, value: 2 } },
  Ratio: { numerator: quantity, denominator: quantity },
  SimpleQuantity: quantity,
  TriggerDefinition: { type: 'named-event', name: 'text' },
};
