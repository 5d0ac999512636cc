// `_summary` and `_elements`: less of each resource, marked SUBSETTED. https://hl7.org/fhir/R4/search.html#summary
// What a resource cannot do without (mandatory and modifier elements) stays. Refuses unknown values and both at once.
import { isReduced, subsetted } from '../access/redact.ts';
import { problem } from '../core/problem.ts';
import type { ElementShape, FindShapes } from '../fhir/element-shapes.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { Answer, Services } from './services.ts';

type Summary = 'true' | 'text' | 'data' | 'count';

type Keep = (shape: ElementShape, isTop: boolean, type: string) => boolean;

/** Deeper than anything that is stored, in a Bundle. */
const bundleLevels = 8;

/** The answer of `work`, whose resources keep only what the parameters ask for. `work` is given the other parameters. @throws search-value-invalid */
export async function present(
  services: Services,
  parameters: URLSearchParams,
  work: (rest: URLSearchParams) => Promise<Answer>,
): Promise<Answer> {
  const said = new URLSearchParams([...parameters].filter(([name]) => name === '_summary' || name === '_elements'));
  if (said.size === 0) return work(parameters);
  const rest = new URLSearchParams([...parameters].filter(([name]) => name !== '_summary' && name !== '_elements'));
  const summary = parseSummary(said.getAll('_summary'));
  const elements = parseElements(said.getAll('_elements'));
  if (summary !== undefined && elements.length > 0) throw invalid('_summary and _elements cannot be combined.');
  // Only the number is asked for.
  if (summary === 'count') rest.set('_count', '0');
  const answer = await work(rest);
  const keep = toKeep(summary, elements);
  if (answer.body === undefined) return answer;
  const maxDepth = services.limits.jsonDepth + bundleLevels;
  const body = parseJson(answer.body, { maxDepth }) as FhirResource;
  return { ...answer, body: stringifyJson(reduceAnswer(body, { keep, said, shapes: services.shapes })) };
}

function parseSummary(texts: readonly string[]): Summary | undefined {
  const [text, ...others] = texts;
  if (others.length > 0) throw invalid('_summary is said once.');
  if (text === undefined || text === 'false') return undefined;
  if (text === 'true' || text === 'text' || text === 'data' || text === 'count') return text;
  throw invalid('_summary takes true, text, data, count or false.');
}

function parseElements(texts: readonly string[]): readonly string[] {
  const elements = texts.flatMap((text) => text.split(','));
  if (elements.every((element) => /^(?:[A-Z][A-Za-z]{1,63}\.)?[a-z][A-Za-z]{0,63}$/.test(element))) return elements;
  throw invalid(
    '_elements takes names of elements at the root of a resource, separated by commas: status,subject or Goal.status.',
  );
}

function invalid(diagnostics: string): Error {
  return problem('search-value-invalid', { diagnostics });
}

const always: ReadonlySet<string> = new Set(['id', 'meta', 'implicitRules']);

/** Which elements stay; undefined where all do. */
function toKeep(summary: Summary | undefined, elements: readonly string[]): Keep | undefined {
  const isNeeded: Keep = (shape, isTop) => shape.isMandatory || shape.isModifier || (isTop && always.has(shape.name));
  if (summary === 'true') return (...place) => isNeeded(...place) || place[0].isSummary;
  if (summary === 'text') return (...place) => !place[1] || isNeeded(...place) || place[0].name === 'text';
  if (summary === 'data') return ({ name }, isTop) => !isTop || name !== 'text';
  if (elements.length === 0) return undefined;
  // `Goal.status` speaks of Goals only.
  const names = (type: string): readonly string[] =>
    elements.flatMap((element) => {
      const [first = '', second] = element.split('.');
      return second === undefined ? [first] : first === type ? [second] : [];
    });
  return (shape, isTop, type) =>
    !isTop || isNeeded(shape, isTop, type) || [shape.name, shape.key].some((name) => names(type).includes(name));
}

/** `status`, or `Goal.status` for Goals alone. A resource of a type that none of the elements speaks of comes whole. */
export function selectElements(resource: FhirResource, elements: readonly string[], shapes: FindShapes): FhirResource {
  const isMeant = elements.some((element) => !element.includes('.') || element.startsWith(`${resource.resourceType}.`));
  return isMeant
    ? reduce(resource, { keep: toKeep(undefined, elements), said: new URLSearchParams(), shapes })
    : resource;
}

interface Reduction {
  readonly keep: Keep | undefined;
  readonly said: URLSearchParams;
  readonly shapes: FindShapes;
}

interface BundleParts {
  readonly link?: readonly { readonly url: string }[];
  readonly entry?: readonly { readonly resource?: FhirResource }[];
}

function reduceAnswer(body: FhirResource, reduction: Reduction): FhirResource {
  const { link, entry } = body as BundleParts;
  const isList = body.resourceType === 'Bundle' && (body['type'] === 'searchset' || body['type'] === 'history');
  if (!isList) return reduce(body, reduction);
  return {
    ...body,
    ...(link === undefined ? {} : { link: link.map((item) => ({ ...item, url: withSaid(item.url, reduction.said) })) }),
    ...(entry === undefined
      ? {}
      : {
          entry: entry.map((item) =>
            item.resource === undefined ? item : { ...item, resource: reduce(item.resource, reduction) },
          ),
        }),
  };
}

function withSaid(url: string, said: URLSearchParams): string {
  return `${url.replace(/[?&]_count=0$/, '')}${url.replace(/[?&]_count=0$/, '').includes('?') ? '&' : '?'}${said.toString()}`;
}

function reduce(resource: FhirResource, { keep, shapes }: Reduction): FhirResource {
  if (keep === undefined || resource.resourceType === 'OperationOutcome') return resource;
  const kept = keepIn(resource, resource.resourceType, { keep, shapes, isTop: true });
  if (isReduced(resource)) return kept as FhirResource;
  const meta = resource.meta ?? {};
  return { ...kept, meta: { ...meta, tag: [...(meta.tag ?? []), subsetted] } } as FhirResource;
}

interface Keeping {
  readonly keep: Keep;
  readonly shapes: FindShapes;
  readonly isTop: boolean;
}

/** Inner elements (`CarePlan.activity`) are looked into; data types stay whole. */
function keepIn(value: object, type: string, { keep, shapes, isTop }: Keeping): object {
  const known = shapes(type);
  const copy: object = { ...value };
  for (const [key, member] of Object.entries(value)) {
    const shape = known.get(key.replace(/^_/, ''));
    if (shape === undefined) continue;
    if (!keep(shape, isTop, type)) Reflect.deleteProperty(copy, key);
    else if (shape.type.includes('.'))
      Reflect.set(
        copy,
        key,
        mapObjects(member, (item) => keepIn(item, shape.type, { keep, shapes, isTop: false })),
      );
  }
  return copy;
}

function mapObjects(value: unknown, change: (item: object) => object): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => mapObjects(item, change));
  return typeof value === 'object' && value !== null ? change(value) : value;
}
