// JSON text with line breaks and indentation, for people. Works on the text, so no digit changes. Takes well-formed JSON only.

/** Two spaces a level. */
export function indentJson(text: string): string {
  const pieces: string[] = [];
  let depth = 0;
  const newLine = (): string => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = closingQuote(text, at);
      pieces.push(text.slice(at, end + 1));
      at = end;
    } else if (character === '{' || character === '[') {
      const next = /\S/.exec(text.slice(at + 1, at + 200))?.[0];
      depth += 1;
      pieces.push(character, next === '}' || next === ']' ? '' : newLine());
    } else if (character === '}' || character === ']') {
      depth -= 1;
      const isEmpty = /[[{]\s*$/.test(pieces.at(-1) === '' ? (pieces.at(-2) ?? '') : '');
      pieces.push(isEmpty ? '' : newLine(), character);
    } else if (character === ',') {
      pieces.push(character, newLine());
    } else if (character === ':') {
      pieces.push(': ');
    } else if (!/\s/.test(character)) {
      pieces.push(character);
    }
  }
  return pieces.join('');
}

function closingQuote(text: string, opening: number): number {
  for (let at = opening + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === '"') return at;
  }
  return text.length;
}
