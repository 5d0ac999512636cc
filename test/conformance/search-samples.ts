// Resources with a known value of one search parameter, made from the parameter's own expression and the StructureDefinitions.
// https://hl7.org/fhir/R4/searchparameter.html
import type { SearchParameter } from '@medplum/fhirtypes';
import type { FhirResource } from '../../src/fhir/resource.ts';
import type { FindMembers } from '../../src/search/extract/element-types.ts';
import { parseExpression, type Expression } from '../../src/search/extract/expression.ts';

export type Letter = 'a' | 'b';

/** A way to a value: the members to go through, what must stand beside, and the type at the end. */
export interface Route {
  readonly keys: readonly string[];
  /** Members that an element on the way must have: after so many keys, this path holds this text. */
  readonly beside: readonly { readonly after: number; readonly path: readonly string[]; readonly text: string }[];
  readonly type: string;
  readonly targetType: string | undefined;
}

const start = (type: string): Route => ({ keys: [], beside: [], type, targetType: undefined });

export function findRoutes(text: string, type: string, findMembers: FindMembers): readonly Route[] {
  const expression = parseExpression(text);
  return expression === undefined ? [] : follow(expression, type, findMembers);
}

function follow(expression: Expression, type: string, findMembers: FindMembers): readonly Route[] {
  const enter = (route: Route, name: string): readonly Route[] =>
    findMembers(route.type, name).map(({ key, type: next }) => ({ ...route, keys: [...route.keys, key], type: next }));
  switch (expression.kind) {
    case 'union':
      return expression.parts.flatMap((part) => follow(part, type, findMembers));
    case 'name':
      return [type, 'Resource', 'DomainResource'].includes(expression.name)
        ? [start(type)]
        : enter(start(type), expression.name);
    case 'member':
      return follow(expression.of, type, findMembers).flatMap((route) => enter(route, expression.name));
    case 'of-type':
      return follow(expression.of, type, findMembers).filter((route) => route.type === expression.type);
    case 'where-target':
      return follow(expression.of, type, findMembers).map((route) => ({ ...route, targetType: expression.type }));
    case 'where-equals':
      return follow(expression.of, type, findMembers).map((route) => ({
        ...route,
        beside: [...route.beside, { after: route.keys.length, path: expression.path, text: expression.value }],
      }));
  }
}

/** The resource (or element) with `value` at the end of the route. */
export function place(route: Route, value: unknown, into: Record<string, unknown> = {}): Record<string, unknown> {
  let holder = into;
  const sides = (count: number): void => {
    for (const { after, path, text } of route.beside) {
      if (after !== count) continue;
      let at = holder;
      for (const name of path.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
      at[path.at(-1) ?? ''] = text;
    }
  };
  route.keys.forEach((key, index) => {
    const isLast = index === route.keys.length - 1;
    if (isLast && typeof value !== 'object') holder[key] = value;
    else {
      holder[key] = isLast ? { ...(value as object) } : (holder[key] ?? {});
      holder = holder[key] as Record<string, unknown>;
    }
    sides(index + 1);
  });
  return into;
}

const words = { a: 'aaa', b: 'bbb' } as const;
const names = { a: 'Alfa', b: 'Beta' } as const;
const days = { a: '2020-06-15', b: '2021-06-15' } as const;
const numbers = { a: 5, b: 7 } as const;
export const quantityOf = (letter: Letter): object => ({
  value: numbers[letter],
  unit: 'kilo',
  system: 'urn:u',
  code: 'kg',
});

/** A value of the data type; undefined where a parameter of this kind does not look at it. */
export function sampleOf(kind: string, route: Route, letter: Letter): unknown {
  const { type } = route;
  const coding = { system: 'urn:s', code: words[letter], display: names[letter] };
  const byKind: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    token: {
      boolean: letter === 'a',
      code: words[letter],
      id: words[letter],
      string: words[letter],
      uri: words[letter],
      canonical: words[letter],
      Coding: coding,
      CodeableConcept: { coding: [coding] },
      Identifier: {
        system: 'urn:s',
        value: words[letter],
        type: { coding: [{ system: 'urn:t', code: 'T' }], text: names[letter] },
      },
      ContactPoint: { value: words[letter] },
    },
    string: {
      string: names[letter],
      markdown: names[letter],
      HumanName: { family: names[letter] },
      Address: { city: names[letter] },
    },
    date: {
      date: days[letter],
      dateTime: days[letter],
      instant: `${days[letter]}T12:00:00Z`,
      Period: { start: days[letter], end: days[letter] },
      Timing: { event: [days[letter]] },
    },
    reference: {
      Reference: {
        reference: `${route.targetType ?? '?'}/${words[letter]}`,
        identifier: { system: 'urn:s', value: words[letter] },
      },
      canonical: `http://x.example/${words[letter]}`,
      uri: `http://x.example/${words[letter]}`,
    },
    uri: {
      url: `http://x.example/${words[letter]}`,
      uri: `http://x.example/${words[letter]}`,
      canonical: `http://x.example/${words[letter]}`,
    },
    number: { decimal: numbers[letter], integer: numbers[letter] },
    quantity: {
      Quantity: quantityOf(letter),
      Duration: quantityOf(letter),
      Age: quantityOf(letter),
      Money: { value: numbers[letter], currency: 'SEK' },
      Range: { low: quantityOf(letter), high: quantityOf(letter) },
    },
  };
  return byKind[kind]?.[type];
}

export interface Sample {
  readonly route: Route;
  readonly make: (letter: Letter) => FhirResource | undefined;
}

/** The first route of the parameter that can be given a value. */
export function findSample(
  definition: SearchParameter,
  { type, kind, targetType }: { readonly type: string; readonly kind: string; readonly targetType: string | undefined },
  findMembers: FindMembers,
): Sample | undefined {
  const routes = findRoutes(definition.expression ?? '', type, findMembers).map((route) => ({
    ...route,
    targetType: route.targetType ?? targetType,
  }));
  const route = routes.find((one) => sampleOf(kind, one, 'a') !== undefined);
  if (route === undefined) return undefined;
  return { route, make: (letter) => ({ resourceType: type, ...place(route, sampleOf(kind, route, letter)) }) };
}
