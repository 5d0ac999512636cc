// Code systems that are not held here because they are grammars or too large: what their codes look like.
// https://hl7.org/fhir/R4/terminologies-systems.html
// Tells what cannot be a code of the system; never that a code exists.

const formats: ReadonlyMap<string, RegExp> = new Map([
  ['http://snomed.info/sct', /^[1-9]\d{5,17}$/],
  ['http://loinc.org', /^(?:\d{1,7}-\d|L[APG]\d+-\d)$/],
  ['http://unitsofmeasure.org', /^[\x21-\x7e]{1,200}$/],
  [
    'urn:ietf:bcp:47',
    /^(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-(?:[A-Za-z\d]{5,8}|\d[A-Za-z\d]{3}))*(?:-[\da-wyz](?:-[A-Za-z\d]{2,8})+)*(?:-x(?:-[A-Za-z\d]{1,8})+)?$/i,
  ],
  // `json` and its like are FHIR's own short names (CapabilityStatement.format).
  [
    'urn:ietf:bcp:13',
    /^(?:xml|json|ttl)$|^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[^"]*"))*$/,
  ],
  ['urn:iso:std:iso:3166', /^(?:[A-Z]{2,3}|\d{3})$/],
  ['urn:iso:std:iso:4217', /^[A-Z]{3}$/],
  ['http://hl7.org/fhir/sid/icf', /^(?:[bsde]\d{0,5}(?:[.+]\d{1,4})?|[bsde]\d{2,4}-[bsde]\d{2,4})$/],
]);

/** False when the code cannot be one of the system; true for systems without a known form. */
export function hasCodeForm(system: string, code: string): boolean {
  const form = formats.get(system);
  return form === undefined || form.test(code);
}
