// How processes that the bench has started come to an end.
import type { ChildProcess } from 'node:child_process';

/** Sends the signal and waits; after ten seconds it insists. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

/** Sends the signal when this process ends before the child does, whatever the reason. */
export function endWithParent(child: ChildProcess, signal: NodeJS.Signals): void {
  const kill = (): void => void child.kill(signal);
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
