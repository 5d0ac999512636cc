// serve: run the hub until SIGTERM or SIGINT, then let running requests end.
import { startHub } from '../app.ts';
import { listenForCommands } from './client-command.ts';
import type { CommandContext } from './run-command.ts';

/** Resolves to 0 when the hub has stopped in good order. */
export async function serve(context: CommandContext): Promise<number> {
  const hub = await startHub(context.config, { log: context.log });
  const stopListening = await listenForCommands({ config: context.config, database: hub.database, log: context.log });
  context.write(`sip-hub is ready: ${hub.publicUrl}/fhir/metadata\n`);
  await aborted(context.stopping);
  await stopListening();
  await hub.stop();
  return 0;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
