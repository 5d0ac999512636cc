// Breaks what R4's own definitions say of an element, in a copy of a valid instance, one thing at a time.
import type { ElementDefinition } from '@medplum/fhirtypes';
import type { ProblemCode } from '../../src/core/problem.ts';
import type { Definitions } from '../../src/fhir/definitions.ts';
import type { BasePlace } from './base-places.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';
import { valueAt } from './repair-instance.ts';

export type BaseKind = 'min' | 'max' | 'type' | 'form' | 'choice' | 'binding' | 'target';

export interface BaseViolation {
  readonly kind: BaseKind;
  /** Made when it is asked for: most places have been broken before. */
  readonly make: () => Json;
  /** Where the finding must stand, and what it may be. */
  readonly expression: string;
  readonly codes: readonly ProblemCode[];
}

/** A value of the right JSON type that the primitive does not take. */
const malformed: Readonly<Record<string, unknown>> = {
  base64Binary: 'a*b',
  canonical: 'a b',
  code: ' code',
  date: '2026-02-30',
  dateTime: '2026-03-14T09:30',
  id: 'an id',
  instant: '2026-03-14',
  integer: 1.5,
  markdown: '',
  oid: 'urn:oid:x',
  positiveInt: 0,
  string: '',
  time: '25:00:00',
  unsignedInt: -1,
  uri: 'a b',
  url: 'a b',
  uuid: 'urn:uuid:x',
};

/** The JSON type a primitive never has. */
const foreignType = (value: unknown): unknown => (typeof value === 'string' ? 7 : 'text');

/** All that can be broken at the place. */
export function* breakPlace(resource: Json, place: BasePlace, definitions: Definitions): Generator<BaseViolation> {
  const { element, key, expression, holderExpression, type } = place;
  if (key === '') return;
  const step = element.path.slice(element.path.lastIndexOf('.') + 1).replace('[x]', '');
  const list = `${holderExpression}.${step}`;
  const edit = (change: (holder: Json, value: unknown) => void): Json => {
    const copy = structuredClone(resource);
    const holder = valueAt(copy, place.holder);
    if (isRecord(holder)) change(holder, place.isList ? (holder[key] as unknown[])[0] : holder[key]);
    return copy;
  };
  const replace = (make: (value: unknown) => unknown): Json =>
    edit((holder, value) => {
      holder[key] = place.isList ? [make(value)] : make(value);
    });
  if ((element.min ?? 0) > 0) {
    // An object must not be left empty: that would be another fault.
    const make = (): Json =>
      edit((holder) => {
        delete holder[key];
        if (Object.keys(holder).length === 0) holder['id'] = 'left';
      });
    yield { kind: 'min', make, expression: list, codes: ['element-required'] };
  }
  if (!place.isList)
    yield {
      kind: 'max',
      make: () => edit((holder, value) => (holder[key] = [value, value])),
      expression: list,
      codes: ['wrong-type'],
    };
  yield { kind: 'type', make: () => replace(foreignType), expression, codes: ['wrong-type'] };
  const broken = malformed[type];
  if (broken !== undefined)
    yield { kind: 'form', make: () => replace(() => broken), expression, codes: ['invalid-value'] };
  if (element.path.endsWith('[x]')) yield* breakChoice(place, edit, list);
  if (element.binding?.strength === 'required')
    yield { kind: 'binding', make: () => replace(withOtherCode), expression, codes: ['code-not-in-value-set'] };
  const other = type === 'Reference' ? foreignTarget(element, definitions) : undefined;
  if (other !== undefined)
    yield {
      kind: 'target',
      make: () => replace(() => ({ reference: `${other}/x` })),
      expression,
      codes: ['reference-target'],
    };
}

function* breakChoice(
  { element, key, type }: BasePlace,
  edit: (change: (holder: Json, value: unknown) => void) => Json,
  list: string,
): Generator<BaseViolation> {
  const name = list.slice(list.lastIndexOf('.') + 1);
  const second = (element.type ?? [])
    .map(({ code = '' }) => code)
    .find((code) => code !== type && ['string', 'boolean', 'dateTime', 'uri', 'integer'].includes(code));
  if (second !== undefined) {
    const samples: Json = { string: 'text', boolean: true, dateTime: '2026', uri: 'urn:x', integer: 1 };
    const added = `${name}${second.slice(0, 1).toUpperCase()}${second.slice(1)}`;
    yield {
      kind: 'choice',
      make: () => edit((holder) => (holder[added] = samples[second])),
      expression: list,
      codes: ['too-many'],
    };
  }
  const make = (): Json =>
    edit((holder, value) => {
      delete holder[key];
      holder[`${name}Nonsense`] = value;
    });
  yield { kind: 'choice', make, expression: `${list}Nonsense`, codes: ['unknown-element'] };
}

/** The data type code has no system; others keep theirs. */
function withOtherCode(value: unknown): unknown {
  if (typeof value === 'string') return 'no-such-code';
  if (!isRecord(value)) return value;
  if (Array.isArray(value['coding']))
    return { coding: [{ system: 'https://example.org/other', code: 'no-such-code' }] };
  return { ...value, system: 'https://example.org/other', code: 'no-such-code' };
}

function foreignTarget(element: ElementDefinition, definitions: Definitions): string | undefined {
  const reference = element.type?.find(({ code }) => code === 'Reference');
  const allowed = (reference?.targetProfile ?? []).map((profile) => definitions.structure(profile)?.type);
  if (allowed.length === 0 || allowed.some((type) => String(type) === 'Resource')) return undefined;
  return ['Binary', 'Linkage', 'TestReport'].find((type) => !allowed.some((other) => String(other) === type));
}
