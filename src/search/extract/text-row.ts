// The words of a resource for `_text` and `_content`. https://hl7.org/fhir/R4/search.html#content
// Addresses, ids, codes' systems, binary data and whole References are left out: a Reference may be hidden from a reader of the rest.
import type { FhirResource } from '../../fhir/resource.ts';
import type { TextLanguage, TextRow } from '../index-rows.ts';

/** More words than this of one resource are not searched, in UTF-16 code units. */
const longest = 100_000;

/** The words, or undefined where there are none. */
export function toTextRow(resource: FhirResource): TextRow | undefined {
  const {
    text,
    language,
    resourceType: _type,
    id: _id,
    meta: _meta,
    ...rest
  } = resource as FhirResource & {
    readonly text?: { readonly div?: unknown };
    readonly language?: unknown;
  };
  const narrative = typeof text?.div === 'string' ? toPlainText(text.div) : '';
  const words: string[] = narrative === '' ? [] : [narrative];
  collect(rest, words);
  const content = clean(words.join(' '));
  return content === '' ? undefined : { language: toLanguage(language), narrative, content };
}

/** A hub in Sweden: what does not say its language is taken for Swedish. */
function toLanguage(language: unknown): TextLanguage {
  if (typeof language !== 'string' || /^sv\b/i.test(language)) return 'swedish';
  return /^en\b/i.test(language) ? 'english' : 'simple';
}

/** Text without its tags; entities that stand for letters are few in FHIR's narrative and are read. */
function toPlainText(div: string): string {
  return clean(
    div
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&nbsp;', ' ')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replaceAll(/&#(\d{1,7});/g, (_, digits: string) => toCharacter(Number(digits)))
      .replaceAll(/&#x([\da-f]{1,6});/gi, (_, digits: string) => toCharacter(Number.parseInt(digits, 16)))
      .replaceAll('&amp;', '&'),
  );
}

const toCharacter = (point: number): string => (point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : ' ');

const wordless: ReadonlySet<string> = new Set([
  'id',
  'url',
  'system',
  'reference',
  'data',
  'hash',
  'div',
  'contentType',
  'meta',
  'resourceType',
]);

function collect(node: unknown, words: string[]): void {
  if (typeof node === 'string') {
    if (/\p{L}{2}|\d{2}/u.test(node)) words.push(node);
  } else if (Array.isArray(node)) {
    for (const item of node) collect(item, words);
  } else if (typeof node === 'object' && node !== null) {
    if (typeof (node as { readonly reference?: unknown }).reference === 'string') return;
    for (const [key, member] of Object.entries(node)) if (!wordless.has(key)) collect(member, words);
  }
}

/** White space collapsed, and nothing that PostgreSQL refuses. */
function clean(text: string): string {
  return text.replaceAll('\0', ' ').replaceAll(/\s+/gu, ' ').trim().slice(0, longest).toWellFormed();
}
