// import: the NDJSON files of an existing system, written as the party they belong to, through the validation and the decisions of any
// write. For moving in; the operator reads and writes nothing of a person over the API. Can be run again after it was broken off.
// Refuses while a hub runs on the embedded database: it holds the folder.
import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startHub, type RunningHub } from '../app.ts';
import { ClientCommandError, carryOutClientCommand } from '../auth/clients.ts';
import { findSource } from '../auth/organization-identifier.ts';
import { parseScopes } from '../access/scopes.ts';
import type { Principal } from '../access/principal.ts';
import { systemClock } from '../core/clock.ts';
import { importLines } from '../interactions/import-lines.ts';
import type { Services } from '../interactions/services.ts';
import { findClient } from '../store/clients.ts';
import { makeKeyPair } from './demo/vendor-system.ts';
import { planImport, type PlannedLine } from './import-plan.ts';
import type { CommandContext } from './run-command.ts';

export const importUsage = `sip-hub import --organization <HSA-id or organisationsnummer> [--report <file>] [--batch <lines>] <file.ndjson> …
Writes the resources of the files as that organization. Lines that are refused are written to the report (import-refused.ndjson).
Run it again after it was broken off: what is there already is passed over.`;

interface ImportArguments {
  readonly organization: string;
  readonly report: string;
  readonly batch: number;
  readonly files: readonly string[];
}

/** 0 all written, 1 some lines refused, 2 not understood. @throws FolderInUse, MigrationError, ClientCommandError */
export async function importCommand(context: CommandContext): Promise<number> {
  const asked = parseImportArguments(context.arguments);
  if (asked === undefined) {
    context.writeError(`${importUsage}\n`);
    return 2;
  }
  const { config, log } = context;
  const publicUrl = config.publicUrl === '' ? `http://${config.host}:${config.port}` : config.publicUrl;
  const hub = await startHub({ ...config, host: '127.0.0.1', port: 0, publicUrl }, { log });
  try {
    return await importFiles(hub, asked, context);
  } finally {
    await hub.stop();
  }
}

/** Does the work on a hub that is there. */
export async function importFiles(
  hub: Pick<RunningHub, 'database' | 'services'>,
  asked: ImportArguments,
  context: Pick<CommandContext, 'write' | 'stopping'>,
): Promise<number> {
  const { services } = hub;
  const { principal, dismiss } = await hirePrincipal(hub, asked.organization);
  try {
    return await importAs(services, principal, { asked, context });
  } finally {
    await dismiss();
  }
}

async function importAs(
  services: Services,
  principal: Principal,
  { asked, context }: { readonly asked: ImportArguments; readonly context: Pick<CommandContext, 'write' | 'stopping'> },
): Promise<number> {
  const plan = await planImport(services, principal, asked.files);
  const report = await open(asked.report, 'w');
  const sum = { written: 0, known: 0, refused: 0 };
  const refuse = async (
    line: Pick<PlannedLine, 'file' | 'number' | 'source'>,
    findings: (typeof plan.refused)[number]['findings'],
  ): Promise<void> => {
    sum.refused += 1;
    for (const { code, expression, diagnostics } of findings) {
      const { file, number, source } = line;
      await report.write(
        `${JSON.stringify({ file, line: number, resource: source, code, expression, diagnostics })}\n`,
      );
    }
  };
  try {
    for (const { findings, ...line } of plan.refused) await refuse(line, findings);
    for (const batch of toBatches(plan.lines, asked.batch)) {
      if (context.stopping.aborted) {
        context.write('Stopped. Run the same command again to go on.\n');
        break;
      }
      const lines = [];
      for (const line of batch) lines.push({ ...line, resource: await plan.load(line) });
      const outcome = await importLines(services, principal, lines);
      sum.written += outcome.written;
      sum.known += outcome.known;
      for (const { line, findings } of outcome.refused) await refuse(line, findings);
    }
    context.write(
      `${sum.written} written, ${sum.known} there already, ${sum.refused} refused${sum.refused === 0 ? '' : ` (see ${asked.report})`}, ` +
        `${plan.passedOver} passed over (the operator writes them).\n`,
    );
    return sum.refused === 0 && !context.stopping.aborted ? 0 : 1;
  } finally {
    await plan.close();
    await report.close();
  }
}

/** The client that the import acts as, named in the audit log. Its private key is never kept, and it is disabled when it is not at work. */
async function hirePrincipal(
  { database }: Pick<RunningHub, 'database'>,
  organization: string,
): Promise<{ readonly principal: Principal; readonly dismiss: () => Promise<void> }> {
  const scope = 'system/*.cruds';
  const { publicJwk } = await makeKeyPair();
  const clients = { database, clock: systemClock, allowLoopbackJwks: false };
  const [made] = await carryOutClientCommand(
    {
      kind: 'add',
      name: `import for ${organization}`,
      client: 'system',
      organizations: [organization],
      scope,
      keys: [JSON.stringify(publicJwk)],
      jwksUri: undefined,
    },
    clients,
  );
  const client = made === undefined ? undefined : await findClient(database, made.clientId);
  const [unit] = client?.organizations ?? [];
  const source = unit === undefined ? undefined : findSource(unit.identifiers);
  const [key] = client?.keys ?? [];
  const scopes = parseScopes(scope);
  if (client === undefined || unit === undefined || source === undefined || key === undefined || scopes === undefined) {
    throw new ClientCommandError(`The import cannot act for ${organization}.`);
  }
  return {
    principal: {
      kind: 'system',
      clientId: client.clientId,
      clientKey: client.key,
      keyThumbprint: key.thumbprint,
      scopes,
      expiresAtMs: Infinity,
      party: { key: unit.key, organizationId: unit.id, source },
      purposes: [],
      staff: undefined,
    },
    dismiss: async () => {
      await carryOutClientCommand({ kind: 'disable', clientId: client.clientId }, clients);
    },
  };
}

/** Whole groups, together at least `size` lines where there are so many. The directory (no group) is cut anywhere. */
function* toBatches(lines: readonly PlannedLine[], size: number): Generator<readonly PlannedLine[]> {
  let batch: PlannedLine[] = [];
  for (const line of lines) {
    if (batch.length >= size && (line.group === '' || batch.at(-1)?.group !== line.group)) {
      yield batch;
      batch = [];
    }
    batch.push(line);
  }
  if (batch.length > 0) yield batch;
}

function parseImportArguments(argv: readonly string[]): ImportArguments | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { organization: text, report: text, batch: text },
      allowPositionals: true,
    });
    const { organization, report = 'import-refused.ndjson', batch = '500' } = values;
    if (organization === undefined || positionals.length === 0 || !/^[1-9]\d{0,3}$/.test(batch)) return undefined;
    return { organization, report, batch: Number(batch), files: positionals };
  } catch {
    return undefined;
  }
}
