// Commas, bars and their escapes in search values. https://hl7.org/fhir/R4/search.html#escaping

/** The parts between unescaped separators, still escaped. */
export function splitEscaped(text: string, separator: ',' | '|' | '$'): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** Takes the backslash off `\,` `\|` `\$` and `\\`; any other backslash stays. */
export function unescapeValue(text: string): string {
  return text.replaceAll(/\\([,|$\\])/g, '$1');
}
