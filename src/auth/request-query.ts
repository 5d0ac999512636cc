// The query of a request's address: all that follows the first question mark. Others stand for themselves.
// https://www.rfc-editor.org/rfc/rfc3986#section-3.4

/** Without the question mark; empty where there is none. */
export function readQuery(url: string | undefined): string {
  const at = url?.indexOf('?') ?? -1;
  return at === -1 ? '' : (url ?? '').slice(at + 1);
}
