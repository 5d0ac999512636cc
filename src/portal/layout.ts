// The frame of every page of the hub for persons: plain HTML without script, one style sheet in the page, readable on a narrow phone.
// https://www.w3.org/TR/WCAG22/ (AA) · Text goes in through `escape` alone.
import { createHash } from 'node:crypto';
import type { Language } from '../fhir/outcome.ts';

/** Black on white and white on dark blue: contrast above 7 to 1. */
const style = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 1.125rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }
main { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 0.5rem; }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
p { margin: 0 0 1rem; }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.5rem 0; }
.choices { list-style: none; padding: 0; display: grid; gap: 0.5rem; }
button, .button { display: inline-block; font: inherit; min-height: 3rem; padding: 0.625rem 1.25rem; border: 2px solid #14397d;
  border-radius: 0.375rem; background: #fff; color: #14397d; cursor: pointer; text-align: left; text-decoration: none; }
.choices button, .choices .button { width: 100%; }
button.main { background: #14397d; color: #fff; }
button:focus-visible, a:focus-visible { outline: 3px solid #1a1a1a; outline-offset: 2px; }
a { color: #14397d; }
.note { border-left: 4px solid #8a4b00; padding: 0.5rem 0.75rem; background: #fff6e5; }
.small { font-size: 1rem; color: #404040; }
`;

/** The style sheet as a source of Content-Security-Policy. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in an element or a quoted attribute. */
export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

/** A whole page; `body` is HTML, `title` text. */
export function toDocument({ title, body, language }: { title: string; body: string; language: Language }): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;
}
