// verify-audit: walk the audit log and say whether it is as it was written. On the embedded database the running hub is asked over
// its control socket. Exit status 0 whole, 1 broken (the first row that does not fit is named), 2 wrongly written.
import { parseArgs } from 'node:util';
import { openConfiguredDatabase } from '../app.ts';
import { verifyAuditChain, type AuditFault, type AuditMark, type AuditVerdict } from '../store/audit-chain.ts';
import type { Database } from '../store/database.ts';
import { ControlSocketError, sendControlCommand, type ControlAnswer } from './control-socket.ts';
import type { CommandContext } from './run-command.ts';

/** As it goes over the control socket. */
interface VerifyAudit {
  readonly kind: 'verify-audit';
  readonly known: string | undefined;
}

const usage = `sip-hub verify-audit [--known POSITION:HASH]

Walks the audit log from its first row. The last line says where it ends: keep it outside the database, and hand it in with
--known another time. Then rows that were taken away from the end show as well, and a log that was made anew.`;

const faults: Readonly<Record<AuditFault, (position: number) => string>> = {
  changed: (position) => `Row ${position} was changed, or is not the one that was written after row ${position - 1}.`,
  missing: (position) => `Row ${position} is missing.`,
  added: (position) => `Row ${position} was not written by the hub.`,
  'end-moved': (position) => `The log ends at row ${position}, and audit_head says otherwise.`,
  'not-the-known': (position) => `Row ${position} is not the one that --known names: the log was cut off or made anew.`,
};

const advice = 'Compare with a backup, and see docs/how-to/verify-the-audit-log.md. Change nothing until then.';

/** 0 whole, 1 broken, 2 not understood. @throws FolderInUse, MigrationError, RowLevelSecurityError, ControlSocketError */
export async function verifyAuditCommand(context: CommandContext): Promise<number> {
  const asked = readArguments(context.arguments);
  if (asked === undefined) {
    context.writeError(`${usage}\n`);
    return 2;
  }
  const verdict = await verify(context, asked.known);
  if (!verdict.isWhole) {
    context.writeError(`The audit log is broken. ${faults[verdict.fault](verdict.position)}\n${advice}\n`);
    return 1;
  }
  const { position, hash } = verdict.end;
  context.write(`The audit log is whole: ${position} rows.\n${position}:${hash}\n`);
  return 0;
}

/** What the running hub does with the command; undefined: it is another one. */
export async function answerVerifyAudit(command: unknown, database: Database): Promise<ControlAnswer | undefined> {
  if (typeof command !== 'object' || command === null || Reflect.get(command, 'kind') !== 'verify-audit')
    return undefined;
  const text: unknown = Reflect.get(command, 'known');
  const known = text === undefined ? undefined : parseMark(text);
  if (text !== undefined && known === undefined) return { error: 'The mark is not POSITION:HASH.' };
  return { result: await verifyAuditChain(database, known) };
}

async function verify({ config }: CommandContext, known: string | undefined): Promise<AuditVerdict> {
  if (config.databaseUrl === '') {
    const command: VerifyAudit = { kind: 'verify-audit', known };
    const answer = await sendControlCommand(config.dataFolder, command, { timeoutMs: longestWalkMs });
    if (answer !== undefined && 'error' in answer) throw new ControlSocketError(answer.error);
    if (answer !== undefined) return answer.result as AuditVerdict;
  }
  const { database } = await openConfiguredDatabase(config);
  try {
    return await verifyAuditChain(database, known === undefined ? undefined : parseMark(known));
  } finally {
    await database.close();
  }
}

/** The embedded database is for small logs; this is some tens of millions of rows. */
const longestWalkMs = 60 * 60 * 1000;

/** undefined: not understood. */
function readArguments(argv: readonly string[]): { readonly known: string | undefined } | undefined {
  try {
    const { known } = parseArgs({ args: [...argv], options: { known: { type: 'string' } } }).values;
    return known !== undefined && parseMark(known) === undefined ? undefined : { known };
  } catch {
    return undefined;
  }
}

function parseMark(text: unknown): AuditMark | undefined {
  const match = typeof text === 'string' ? /^(0|[1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) : null;
  const [, position, hash] = match ?? [];
  return position === undefined || hash === undefined ? undefined : { position: Number(position), hash };
}
