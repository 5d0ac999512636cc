import { expect, test } from 'vitest';
import { createBackground } from './background.ts';

const silent = (): void => undefined;

test('work of one name goes on once at a time, and once more for all that asked meanwhile', async () => {
  const background = createBackground(silent);
  let running = 0;
  let most = 0;
  let times = 0;
  const gate = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    running += 1;
    times += 1;
    most = Math.max(most, running);
    await gate.promise;
    running -= 1;
  };
  for (let at = 0; at < 5; at += 1) background.start('export', work);
  background.start('other', () => Promise.resolve());
  gate.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  await background.stop();
  expect([most, times]).toEqual([1, 2]);
});

test('what fails is logged by name and may be started again', async () => {
  const lines: string[] = [];
  const background = createBackground(
    (_level, event, fields) => void lines.push(`${event} ${String(fields?.['name'])}`),
  );
  background.start('export', () => Promise.reject(new Error('no')));
  await new Promise((resolve) => setImmediate(resolve));
  const done = Promise.withResolvers<void>();
  background.start('export', () => Promise.resolve(done.resolve()));
  await done.promise;
  expect(lines).toEqual(['background-failed export']);
});

test('stopping tells the work, waits for it and starts no more', async () => {
  const background = createBackground(silent);
  let isEnded = false;
  background.start('export', async (stopping) => {
    await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
    isEnded = true;
  });
  await background.stop();
  expect(isEnded).toBe(true);
  background.start('export', () => Promise.reject(new Error('started')));
  await background.stop();
});
