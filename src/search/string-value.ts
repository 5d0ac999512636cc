// How text is made comparable, alike when it is indexed and when it is asked for. https://hl7.org/fhir/R4/search.html#string
// FHIR wants case and accents ignored. In Swedish å, ä and ö are letters, not accents: Öberg is not Oberg, and a search for one must
// not fill up with the other; so these three stay. Every other accent goes (é -> e), and the neighbours' æ and ø count as ä and ö.
import { createHash } from 'node:crypto';

/** Longest text to compare exactly, in UTF-16 code units: at most 1 200 bytes, two of which fit a PostgreSQL index entry. */
export const maxIndexedLength = 400;

/** Lower case, accents off but for å ä ö, white space collapsed; as long as the text is. */
export function normalizeString(text: string): string {
  const lower = text.normalize('NFC').toLowerCase();
  const plain = lower.replaceAll(/[^\p{ASCII}åäö]+/gu, (run) =>
    Array.from(run.replaceAll('æ', 'ä').replaceAll('ø', 'ö'), stripAccents).join(''),
  );
  return plain.replaceAll(/\s+/gu, ' ').trim();
}

/** For exact comparison: the text itself, or where it is too long for an index its beginning and a digest of the whole. */
export function toIndexable(text: string): string {
  if (text.length <= maxIndexedLength) return text;
  return `${cut(text, maxIndexedLength - 65)}#${createHash('sha256').update(text).digest('hex')}`;
}

function stripAccents(character: string): string {
  return 'åäö'.includes(character) ? character : character.normalize('NFD').replaceAll(/\p{M}+/gu, '');
}

/** Never ends in half a surrogate pair, which PostgreSQL would refuse. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const isHalf = (text.charCodeAt(length - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isHalf ? length - 1 : length);
}
