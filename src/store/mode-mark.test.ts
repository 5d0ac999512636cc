import { expect, test } from 'vitest';
import { migrate } from './migrate.ts';
import { ModeMismatch, requireMode } from './mode-mark.ts';
import { openPglite } from './pglite.ts';

test('a database keeps the mode that it was made with', async () => {
  const database = await openPglite({ folder: undefined });
  await migrate(database);
  await requireMode(database, 'plain');
  await requireMode(database, 'plain');
  await expect(requireMode(database, 'hub')).rejects.toThrow(ModeMismatch);
  await expect(requireMode(database, 'hub')).rejects.toThrow('SIP_HUB_MODE=plain');
  await database.close();
});
