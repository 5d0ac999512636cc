// What the demo prints: who asks, the request, the answer, what it shows.
import type { FhirAnswer, FhirCall } from './vendor-system.ts';

const lineWidth = 100;

/** A heading with a line below it. */
export function printHeading(write: (text: string) => void, text: string): void {
  write(`\n${text}\n${'─'.repeat(Math.min(text.length, lineWidth))}\n`);
}

/** One request with its answer. `shows` is wrapped to the width of a page. */
export function printStep(
  write: (text: string) => void,
  step: {
    readonly number: number;
    readonly who: string;
    readonly call: FhirCall;
    readonly answer: FhirAnswer;
    readonly detail: string | undefined;
    readonly shows: string;
    readonly fault: string | undefined;
  },
): void {
  const { call, answer } = step;
  const condition = call.headers === undefined ? '' : `  (${Object.keys(call.headers).join(', ')})`;
  write(`\n${step.number}. ${step.who}\n`);
  write(`   → ${call.method} /fhir${call.path === '' ? '' : `/${call.path}`}${condition}\n`);
  write(`   ← ${answer.status}${step.detail === undefined ? '' : `  ${step.detail}`}\n`);
  write(`${wrap(step.shows, '     ')}\n`);
  if (step.fault !== undefined) write(`   ✗ NOT AS IT SHOULD BE: ${step.fault}\n`);
}

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length + word.length > lineWidth && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
