// What no line of the process log may hold: a personal number, a token, a key, a raw control character.
// Every hub of a test has its lines looked through when it ends, so the whole suite is.

const forms: ReadonlyMap<string, RegExp> = new Map([
  // With century and without; samordningsnummer add 60 to the day. Not within an id, an HSA-id or a longer number.
  [
    'a personal number',
    /(?<![A-Za-z0-9.-])(?:(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])[-+]?\d{4}|\d{2}(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])[-+]\d{4})(?![A-Za-z0-9-])/,
  ],
  ['a token', /\beyJ[\w-]{8,}|Bearer +[\w~+/-]{8,}/i],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY|\\*"(?:d|dp|dq|qi)\\*" *: *\\*"[\w-]{20,}/],
  // The line's own end is not part of it. Others can move a terminal's cursor or turn its text around.
  ['a control character', /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u],
]);

/** What the line holds that it may not. */
export function findLogSecrets(line: string): readonly string[] {
  // The letter of an escape is none of the word that follows it.
  const text = line.replaceAll(/\\+(?:[bfnrt]|u[0-9a-f]{4})|%[0-9a-f]{2}/gi, ' ');
  return [...forms].filter(([, form]) => form.test(text)).map(([name]) => name);
}

/** @throws Error that names the first line that holds what it may not */
export function requireCleanLog(lines: readonly string[]): void {
  for (const line of lines) {
    const found = findLogSecrets(line);
    if (found.length > 0) throw new Error(`The log holds ${found.join(' and ')}: ${JSON.stringify(line)}`);
  }
}
