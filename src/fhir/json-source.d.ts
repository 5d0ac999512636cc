// What ECMAScript's "JSON.parse source text access" adds (Node 24 has it, TypeScript 7.0's library does not).
// https://tc39.es/proposal-json-parse-with-source/

interface JSON {
  /** An object that JSON.stringify writes as exactly this text. Takes the text of one JSON primitive. */
  rawJSON(text: string): object;
  parse(text: string, reviver: (this: object, key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
}
