// Consent against a small model (sip.md §4–5): after each of many random steps the hub must answer as the model says.
import { describe, expect, test } from 'vitest';
import type { OpenHub } from '../scenarios/test-hub.ts';
import { playModel } from './model-play.ts';

/** `MODEL_STEPS` and `MODEL_SEED` ask for another play than the one that always runs. */
export function testModel(
  name: string,
  openHub: OpenHub,
  usual: { readonly seed: number; readonly steps: number },
): void {
  const { MODEL_SEED = String(usual.seed), MODEL_STEPS = String(usual.steps) } = process.env;
  const options = { seed: Number(MODEL_SEED), steps: Number(MODEL_STEPS) };
  // Some hundreds of steps are played in a second, on a busy machine fewer.
  const timeout = 600_000 + options.steps * 20;
  describe(`consent on ${name}`, () => {
    test(`behaves as the model for ${options.steps} steps of seed ${options.seed}`, { timeout }, async () => {
      const startedMs = performance.now();
      const played = await playModel(openHub, options);
      const { reads } = played;
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      process.stdout.write(`${JSON.stringify({ ...options, ...played, seconds })}\n`);
      // Neither answer is the rare one.
      const all = reads.visible + reads.hidden;
      expect(Math.min(reads.visible, reads.hidden)).toBeGreaterThanOrEqual(all / 5);
    });
  });
}
