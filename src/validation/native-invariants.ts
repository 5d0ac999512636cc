// R4's most common invariants in plain code: FHIRPath would cost a hundred times as much on each element.
// https://hl7.org/fhir/R4/domainresource.html · native-invariants.test.ts shows that they agree with the FHIRPath.
// ele-1 and ext-1 follow from the structure check (nothing empty) and `ext-1` below. dom-6 (a narrative is good practice) is not asked.
import { equalsValue } from './match-value.ts';
import type { JsonObject, Walk } from './walk.ts';
import { isObject } from './walk.ts';

/** True when the rule holds. Takes any JSON: it runs before the structure is known to be sound. */
export type NativeInvariant = (value: JsonObject, walk: Pick<Walk, 'root'>) => boolean;

const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const has = (value: JsonObject, name: string): boolean => value[name] !== undefined || value[`_${name}`] !== undefined;
const hasAny = (value: JsonObject, prefix: string): boolean =>
  Object.keys(value).some((key) => (key.startsWith('_') ? key.slice(1) : key).startsWith(prefix));
const metaHas = (resource: JsonObject, name: string): boolean =>
  isObject(resource['meta']) && has(resource['meta'], name);

/** `start <= end`, as far as both are known: 2026-03 does not end before 2026-03-15 starts. */
function isOrdered(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  if (start.includes('T') && end.includes('T')) return !(Date.parse(start) > Date.parse(end));
  const length = Math.min(start.length, end.length, 10);
  return start.slice(0, length) <= end.slice(0, length);
}

function isReferredTo(resource: JsonObject, contained: JsonObject): boolean {
  const id = contained['id'];
  return typeof id === 'string' && (holdsText(resource, `#${id}`) || holdsText(contained, '#'));
}

function holdsText(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value === text;
  if (Array.isArray(value)) return value.some((item) => holdsText(item, text));
  return isObject(value) && Object.values(value).some((item) => holdsText(item, text));
}

/** R4 really says `system='something'` in ppc-2 to ppc-5. */
function hasScope(consent: JsonObject, code: string): boolean {
  const scope = isObject(consent['scope']) ? consent['scope'] : {};
  return list(scope['coding']).some((coding) => coding['system'] === 'something' && coding['code'] === code);
}

const codingsOf = (concept: unknown): readonly JsonObject[] => (isObject(concept) ? list(concept['coding']) : []);

/** The element that stands for the type itself: its path has no dot. */
const rootElements = (structure: JsonObject): readonly JsonObject[] =>
  [structure['snapshot'], structure['differential']]
    .flatMap((view) => (isObject(view) ? list(view['element']) : []))
    .filter((element) => typeof element['path'] === 'string' && !element['path'].includes('.'));

function linkIds(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(linkIds);
  if (!isObject(value)) return [];
  return [...(value['linkId'] === undefined ? [] : [value['linkId']]), ...Object.values(value).flatMap(linkIds)];
}

/** The codes of the concepts and of those below them. */
function conceptCodes(value: JsonObject): readonly unknown[] {
  return list(value['concept']).flatMap((concept) => [concept['code'], ...conceptCodes(concept)]);
}

const isDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

/** By key of the constraint. */
export const nativeInvariants: ReadonlyMap<string, NativeInvariant> = new Map<string, NativeInvariant>([
  [
    'dom-2',
    (value) =>
      value['contained'] === undefined || list(value['contained']).every((item) => item['contained'] === undefined),
  ],
  [
    'dom-3',
    (value) => value['contained'] === undefined || list(value['contained']).every((item) => isReferredTo(value, item)),
  ],
  [
    'dom-4',
    (value) =>
      value['contained'] === undefined ||
      list(value['contained']).every((item) => !metaHas(item, 'versionId') && !metaHas(item, 'lastUpdated')),
  ],
  [
    'dom-5',
    (value) => value['contained'] === undefined || list(value['contained']).every((item) => !metaHas(item, 'security')),
  ],
  [
    'ref-1',
    (value, { root }) => {
      const reference = value['reference'];
      if (typeof reference !== 'string' || !reference.startsWith('#') || reference === '#') return true;
      return list(root['contained']).some((item) => item['id'] === reference.slice(1));
    },
  ],
  ['per-1', (value) => isOrdered(value['start'], value['end'])],
  ['ext-1', (value) => has(value, 'extension') !== hasAny(value, 'value')],
  ['qty-3', (value) => !has(value, 'code') || has(value, 'system')],
  ['cpt-2', (value) => !has(value, 'value') || has(value, 'system')],
  ['att-1', (value) => !has(value, 'data') || has(value, 'contentType')],
  ['cpl-3', (value) => !has(value, 'detail') || !has(value, 'reference')],
  [
    'pat-1',
    (value) => has(value, 'name') || has(value, 'telecom') || has(value, 'address') || has(value, 'organization'),
  ],
  ['org-1', (value) => has(value, 'identifier') || has(value, 'name')],
  ['org-2', (value) => value['use'] !== 'home'],
  ['org-3', (value) => value['use'] !== 'home'],
  ['app-1', (value) => has(value, 'type') || has(value, 'actor')],
  ['app-2', (value) => has(value, 'start') === has(value, 'end')],
  [
    'app-3',
    (value) =>
      (has(value, 'start') && has(value, 'end')) ||
      value['status'] === 'proposed' ||
      value['status'] === 'cancelled' ||
      value['status'] === 'waitlist',
  ],
  [
    'app-4',
    (value) => !has(value, 'cancelationReason') || value['status'] === 'noshow' || value['status'] === 'cancelled',
  ],
  ['apr-1', (value) => has(value, 'participantType') || has(value, 'actor')],
  ['gol-1', (value) => !hasAny(value, 'detail') || has(value, 'measure')],
  ['inv-1', (value) => isOrdered(value['authoredOn'], value['lastModified'])],
  [
    'obs-7',
    (value) =>
      !hasAny(value, 'value') ||
      !list(value['component']).some((component) =>
        codingsOf(component['code']).some((coding) =>
          codingsOf(value['code']).some((other) => equalsValue(coding, other)),
        ),
      ),
  ],
  ['ppc-1', (value) => has(value, 'policy') || has(value, 'policyRule')],
  ['ppc-2', (value) => has(value, 'patient') || !hasScope(value, 'patient-privacy')],
  ['ppc-3', (value) => has(value, 'patient') || !hasScope(value, 'research')],
  ['ppc-4', (value) => has(value, 'patient') || !hasScope(value, 'adr')],
  ['ppc-5', (value) => has(value, 'patient') || !hasScope(value, 'treatment')],
  ['prr-1', (value) => !has(value, 'orderDetail') || has(value, 'code')],
  ['csd-1', (value) => isDistinct(conceptCodes(value))],
  ['que-2', (value) => isDistinct(linkIds(value))],
  [
    'sdf-9',
    (value) =>
      rootElements(value).every(
        (element) => !has(element, 'label') && !has(element, 'code') && !has(element, 'requirements'),
      ),
  ],
  [
    'ctm-1',
    (value) => {
      const member = value['member'];
      if (!has(value, 'onBehalfOf') || !isObject(member) || typeof member['reference'] !== 'string') return true;
      const type = /^(?:.*\/)?([A-Z][A-Za-z]+)\/[^/]+$/.exec(member['reference'])?.[1];
      return type === undefined || type === 'Practitioner';
    },
  ],
]);

/** Rules of other types that R4 gives the same key; they are run as the FHIRPath they are. */
const namesakes: ReadonlyMap<string, string> = new Map([['inv-1', 'authoredOn']]);

/** The rule in plain code; undefined where there is none for this expression. */
export function findNativeInvariant(key: string, expression: string): NativeInvariant | undefined {
  const word = namesakes.get(key);
  return word !== undefined && !expression.includes(word) ? undefined : nativeInvariants.get(key);
}
