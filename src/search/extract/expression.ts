// The part of FHIRPath that R4's SearchParameters are written in, as a tree. https://hl7.org/fhir/R4/fhirpath.html
// Gives undefined for anything beyond it; such expressions are interpreted (interpret.ts).

export type Expression =
  | { readonly kind: 'union'; readonly parts: readonly Expression[] }
  /** A type name, or a member of the resource. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  /** `x as T`, `x.as(T)`, `x.ofType(T)` */
  | { readonly kind: 'of-type'; readonly of: Expression; readonly type: string }
  /** `.where(resolve() is T)` */
  | { readonly kind: 'where-target'; readonly of: Expression; readonly type: string }
  /** `.where(a.b = 'text')`, and `.extension('url')` as `.extension.where(url = 'url')` */
  | {
      readonly kind: 'where-equals';
      readonly of: Expression;
      readonly path: readonly string[];
      readonly value: string;
    };

interface Tokens {
  readonly list: readonly string[];
  at: number;
}

const tokenForm = /\s*(?:('(?:[^'\\]|\\.)*')|([A-Za-z_][A-Za-z0-9_]*)|([|().=]))/y;

/** R4's own have some hundred; each may be a level of the tree. */
const mostTokens = 1500;

/** The tree of an expression, or undefined where it is beyond the subset. */
export function parseExpression(text: string): Expression | undefined {
  const list = tokenize(text.trim());
  if (list === undefined || list.length > mostTokens) return undefined;
  const tokens: Tokens = { list, at: 0 };
  const expression = parseUnion(tokens);
  return tokens.at === list.length ? expression : undefined;
}

function tokenize(text: string): readonly string[] | undefined {
  const list: string[] = [];
  tokenForm.lastIndex = 0;
  while (tokenForm.lastIndex < text.length) {
    const match = tokenForm.exec(text);
    if (match === null) return undefined;
    list.push(match[0].trim());
  }
  return list;
}

function take(tokens: Tokens, ...expected: readonly string[]): boolean {
  if (!expected.every((token, index) => tokens.list[tokens.at + index] === token)) return false;
  tokens.at += expected.length;
  return true;
}

function takeName(tokens: Tokens): string | undefined {
  const token = tokens.list[tokens.at];
  if (token === undefined || !/^[A-Za-z_]/.test(token)) return undefined;
  tokens.at += 1;
  return token;
}

function takeText(tokens: Tokens): string | undefined {
  const token = tokens.list[tokens.at];
  if (token === undefined || !token.startsWith("'") || token.includes('\\')) return undefined;
  tokens.at += 1;
  return token.slice(1, -1);
}

function parseUnion(tokens: Tokens): Expression | undefined {
  const parts: Expression[] = [];
  do {
    const part = parseCast(tokens);
    if (part === undefined) return undefined;
    parts.push(part);
  } while (take(tokens, '|'));
  return parts.length === 1 ? parts[0] : { kind: 'union', parts };
}

function parseCast(tokens: Tokens): Expression | undefined {
  const of = parsePath(tokens);
  if (of === undefined || !take(tokens, 'as')) return of;
  const type = takeName(tokens);
  return type === undefined ? undefined : { kind: 'of-type', of, type };
}

function parsePath(tokens: Tokens): Expression | undefined {
  let path: Expression | undefined;
  if (take(tokens, '(')) {
    path = parseUnion(tokens);
    if (!take(tokens, ')')) return undefined;
  } else {
    const name = takeName(tokens);
    path = name === undefined ? undefined : { kind: 'name', name };
  }
  while (path !== undefined && take(tokens, '.')) path = parseStep(tokens, path);
  return path;
}

function parseStep(tokens: Tokens, of: Expression): Expression | undefined {
  const name = takeName(tokens);
  if (name === undefined) return undefined;
  if (!take(tokens, '(')) return { kind: 'member', of, name };
  const step = parseCall(tokens, of, name);
  return take(tokens, ')') ? step : undefined;
}

function parseCall(tokens: Tokens, of: Expression, name: string): Expression | undefined {
  if (name === 'as' || name === 'ofType') {
    const type = takeName(tokens);
    return type === undefined ? undefined : { kind: 'of-type', of, type };
  }
  if (name === 'extension') {
    const value = takeText(tokens);
    return value === undefined
      ? undefined
      : { kind: 'where-equals', of: { kind: 'member', of, name }, path: ['url'], value };
  }
  if (name !== 'where') return undefined;
  if (take(tokens, 'resolve', '(', ')', 'is')) {
    const type = takeName(tokens);
    return type === undefined ? undefined : { kind: 'where-target', of, type };
  }
  const path: string[] = [];
  do {
    const member = takeName(tokens);
    if (member === undefined) return undefined;
    path.push(member);
  } while (take(tokens, '.'));
  const value = take(tokens, '=') ? takeText(tokens) : undefined;
  return value === undefined ? undefined : { kind: 'where-equals', of, path, value };
}
