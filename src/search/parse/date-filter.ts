// `date=2026-11`, `date=ge2026-11-03T10:15:00+01:00`. https://hl7.org/fhir/R4/search.html#date
import { parseTimeSpan } from '../../fhir/instant.ts';
import type { DatePrefix, DateValue, Filter } from '../query.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseDateFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  const values = criterion.values.map((text) => parseDate(criterion.name, text));
  return criterion.parameter.kind === 'last-updated'
    ? { kind: 'last-updated', values }
    : { kind: 'date', param: criterion.parameter.code, values };
}

/** @throws search-value-invalid */
export function parseDate(name: string, text: string): DateValue {
  const [, prefix = 'eq', written = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s.exec(text) ?? [];
  // An unescaped plus sign reaches us as a space.
  const span = parseTimeSpan(written.replace(/ (\d\d:\d\d)$/, '+$1'));
  if (span === undefined) {
    throw invalidValue(
      name,
      'a year, month, day or time (2026, 2026-11, 2026-11-03, 2026-11-03T10:15:00+01:00), after eq, ne, gt, lt, ge, le, sa, eb, ap or nothing',
    );
  }
  return { prefix: prefix as DatePrefix, ...span };
}
