// Consent against a small model (sip.md §4–5): after each of many random steps the hub must answer as the model says.
import { describe, expect, test } from 'vitest';
import type { OpenHub } from '../scenarios/test-hub.ts';
import { playModel } from './model-play.ts';

export function testModel(
  name: string,
  openHub: OpenHub,
  options: { readonly seed: number; readonly steps: number },
): void {
  describe(`consent on ${name}`, () => {
    test(`behaves as the model for ${options.steps} steps of seed ${options.seed}`, { timeout: 600_000 }, async () => {
      const { steps, reads } = await playModel(openHub, options);
      process.stdout.write(`${JSON.stringify({ ...options, steps, reads })}\n`);
      // Neither answer is the rare one.
      const all = reads.visible + reads.hidden;
      expect(Math.min(reads.visible, reads.hidden)).toBeGreaterThanOrEqual(all / 5);
    });
  });
}
