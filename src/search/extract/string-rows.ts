// The texts a string parameter is found by. https://hl7.org/fhir/R4/search.html#string
// A HumanName or Address is found by each of its parts and by its text.

type StringRule = (value: unknown) => readonly string[];

const text: StringRule = (value) => (typeof value === 'string' && value !== '' ? [value] : []);

const parts =
  (...names: readonly string[]): StringRule =>
  (value) =>
    names.flatMap((name) => {
      const part = (value as Readonly<Record<string, unknown>>)[name];
      return Array.isArray(part) ? part.flatMap(text) : text(part);
    });

export const stringRules: Readonly<Record<string, StringRule>> = {
  string: text,
  markdown: text,
  code: text,
  uri: text,
  HumanName: parts('text', 'family', 'given', 'prefix', 'suffix'),
  Address: parts('text', 'line', 'city', 'district', 'state', 'postalCode', 'country'),
};
