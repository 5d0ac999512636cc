// Puts the temporary folder of a test run into memory where the machine has room: an embedded database is a thousand small files, and
// making them on disk takes half of the time that a hub of a test needs to start. Elsewhere, and where TMPDIR is set, it stays as it is.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const memory = '/dev/shm';
const gibibyte = 2 ** 30;

/** For vitest, before the first worker starts: workers take over the environment. Gives what removes the folder. */
export function setup(): (() => void) | undefined {
  if (process.env['TMPDIR'] !== undefined || !hasRoom()) return undefined;
  removeLeftBehind();
  const folder = mkdtempSync(join(memory, `sip-hub-${process.pid}-`));
  // PostgreSQL runs as a user of its own where the tests run as root.
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  return () => {
    delete process.env['TMPDIR'];
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Folders of runs that were killed: their process is gone. */
function removeLeftBehind(): void {
  for (const name of readdirSync(memory)) {
    const pid = /^sip-hub-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(memory, name), { recursive: true, force: true });
  }
}

function hasRoom(): boolean {
  if (!existsSync(memory) || process.availableMemory() < 6 * gibibyte) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= 2 * gibibyte;
}
