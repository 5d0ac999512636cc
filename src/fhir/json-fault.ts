// Where in a JSON text the first fault is. Slow and exact; json.ts asks only when it already knows that something is wrong.
// https://www.rfc-editor.org/rfc/rfc8259. Never gives the content away, only the place.

export interface JsonFault {
  readonly kind: 'malformed' | 'duplicate-key';
  /** Where the fault starts, in UTF-16 code units from the start of the text. */
  readonly offset: number;
}

/** `line 3, column 14`, both counted from one. */
export function describePlace(text: string, offset: number): string {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return `line ${line}, column ${offset - lineStart + 1}`;
}

/** The first fault, or undefined where the text is well-formed JSON without duplicate keys. Linear in the text; does not recurse. */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: (Set<string> | undefined)[] = [];
  let expects: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'comma-or-end' = 'value';
  let at = 0;
  const malformed = (offset: number): JsonFault => ({ kind: 'malformed', offset });
  for (;;) {
    at = skipSpace(text, at);
    const character = text[at];
    if (character === undefined) return expects === 'comma-or-end' && open.length === 0 ? undefined : malformed(at);
    if (expects === 'comma-or-end') {
      const keys = open.at(-1);
      if (open.length === 0) return malformed(at);
      if (character === ',') expects = keys === undefined ? 'value' : 'key';
      else if (character === (keys === undefined ? ']' : '}')) open.pop();
      else return malformed(at);
      at += 1;
    } else if ((character === '}' && expects === 'key-or-end') || (character === ']' && expects === 'value-or-end')) {
      open.pop();
      expects = 'comma-or-end';
      at += 1;
    } else if (expects === 'key' || expects === 'key-or-end') {
      const end = endOfString(text, at);
      if (end.fault) return malformed(end.at);
      const written = text.slice(at + 1, end.at - 1);
      const key = written.includes('\\') ? String(JSON.parse(`"${written}"`)) : written;
      if (open.at(-1)?.has(key) === true) return { kind: 'duplicate-key', offset: at };
      open.at(-1)?.add(key);
      at = skipSpace(text, end.at);
      if (text[at] !== ':') return malformed(at);
      at += 1;
      expects = 'value';
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      expects = character === '{' ? 'key-or-end' : 'value-or-end';
      at += 1;
    } else {
      const end = endOfScalar(text, at);
      if (end.fault) return malformed(end.at);
      at = end.at;
      expects = 'comma-or-end';
    }
  }
}

interface End {
  readonly fault: boolean;
  readonly at: number;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

function endOfString(text: string, start: number): End {
  if (text[start] !== '"') return { fault: true, at: start };
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return { fault: false, at: at + 1 };
    if (code < 0x20) return { fault: true, at };
    if (code === 0x5c) {
      const escape = text[at + 1] ?? '';
      if (
        escape === 'u'
          ? !/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))
          : !'"\\/bfnrt'.includes(escape) || escape === ''
      ) {
        return { fault: true, at };
      }
      at += escape === 'u' ? 5 : 1;
    }
  }
  return { fault: true, at: text.length };
}

const literals = ['true', 'false', 'null'];
const numberForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

function endOfScalar(text: string, start: number): End {
  if (text[start] === '"') return endOfString(text, start);
  const literal = literals.find((word) => text.startsWith(word, start));
  if (literal !== undefined) return { fault: false, at: start + literal.length };
  numberForm.lastIndex = start;
  return numberForm.test(text) ? { fault: false, at: numberForm.lastIndex } : { fault: true, at: start };
}
