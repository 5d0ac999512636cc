// `subject=Patient/1`, `subject=1`, `subject:Patient=1`, `subject=https://…`. https://hl7.org/fhir/R4/search.html#reference
import { parseReference } from '../../fhir/reference.ts';
import type { Filter, ReferenceValue } from '../query.ts';
import { toIndexable } from '../string-value.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { unescapeValue } from './split-values.ts';
import { parseToken } from './token-filter.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseReferenceFilter(criterion: Criterion): Filter {
  const { parameter, values } = criterion;
  if (criterion.modifier === 'identifier') return parseIdentifierFilter(criterion);
  requireModifier(criterion);
  return {
    kind: 'reference',
    param: parameter.code,
    values: values.map((text) => parseReferenceValue(criterion, unescapeValue(text))),
  };
}

/** The identifier that stands in the Reference itself; the target's own is asked by a chain. */
function parseIdentifierFilter(criterion: Criterion): Filter {
  const { code } = criterion.parameter;
  const parameter = { ...criterion.parameter, isSystemImplied: false };
  const values = criterion.values.map((text) => parseToken({ ...criterion, parameter }, text));
  return {
    kind: 'any',
    filters: [
      { kind: 'token', param: `${code}:identifier`, values },
      { kind: 'identified', param: `${code}:identified`, values },
    ],
  };
}

/** @throws search-value-invalid */
export function parseReferenceValue(criterion: Criterion, text: string): ReferenceValue {
  const { parameter, modifier, name, context } = criterion;
  const allowed = modifier === undefined ? parameter.targetTypes : [modifier];
  if (/^[A-Za-z0-9\-.]{1,64}$/.test(text)) return { type: allowed.length === 1 ? allowed[0] : undefined, id: text };
  const parsed = parseReference(text, context.baseUrl);
  if (parsed.kind === 'local') {
    const { type, id } = parsed;
    if (allowed.length > 0 && !allowed.includes(type))
      throw invalidValue(name, `a reference to ${allowed.join(' or ')}`);
    return { type, id };
  }
  if (modifier === undefined && parsed.kind === 'external') return { type: '', id: toIndexable(parsed.url) };
  if (modifier === undefined && parsed.kind === 'urn') return { type: '', id: toIndexable(parsed.urn) };
  throw invalidValue(name, 'an id, Type/id or an absolute URL');
}
