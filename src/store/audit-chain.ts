// The chain of the audit log: each row's hash is SHA-256 over the hash of the row before it (32 zero bytes before the first) and the
// row's own text in UTF-8. Worked out here from what is stored, not by the function in the database that writes it, which whoever
// changes rows may have changed as well. What shows and what cannot: docs/decisions/0024-audit-chain.md.
import { createHash } from 'node:crypto';
import type { Database } from './database.ts';
import { asOwner } from './row-level-security.ts';

/** A place in the chain and the hash of the row there, kept from an earlier walk. */
export interface AuditMark {
  readonly position: number;
  /** 64 digits, hexadecimal. */
  readonly hash: string;
}

/** What is wrong with the first row that does not fit. */
export type AuditFault =
  /** Its text is not what its hash was made of, or another row stood before it. */
  | 'changed'
  /** There is none with this number. */
  | 'missing'
  /** It stands after the end, or before the beginning. */
  | 'added'
  /** The rows fit together, but the end that is kept apart (audit_head) says something else, or is gone. */
  | 'end-moved'
  /** The rows fit together, but not with the mark: the chain was made anew, or cut off before it. */
  | 'not-the-known';

export type AuditVerdict =
  | { readonly isWhole: true; readonly end: AuditMark }
  | { readonly isWhole: false; readonly fault: AuditFault; readonly position: number };

const beforeFirst = '0'.repeat(64);
const rowsPerPage = 1000;

/** As `audit_append` makes it (migrations/0012_purpose_and_staff.sql). */
const rowText = `(jsonb_build_array(seq, extract(epoch from at)::text, request_id, client_id, party, interaction, outcome, status, type,
  entities) || case when staff is null then '[]' else jsonb_build_array(staff) end)::text`;

const page = `select seq, encode(hash, 'hex') as hash, ${rowText} as text from audit_log
  where seq > $1 and seq <= $2 order by seq limit ${rowsPerPage}`;

/** One snapshot: rows outside the chain are seen with the end that they are outside of. */
const end = `select h.position, encode(h.hash, 'hex') as hash,
    (select min(seq) from audit_log) as first, (select min(seq) from audit_log where seq > h.position) as beyond
  from (select 1) one left join audit_head h on true`;

interface EndRow {
  readonly position: number | null;
  readonly hash: string | null;
  readonly first: number | null;
  readonly beyond: number | null;
}

/** Walks the whole log as it is now, while others may add to it, and names the first row that does not fit. */
export async function verifyAuditChain(database: Database, known?: AuditMark): Promise<AuditVerdict> {
  const owner = asOwner(database);
  const [row] = await owner.query<EndRow>({ text: end });
  const broken = (fault: AuditFault, position: number): AuditVerdict => ({ isWhole: false, fault, position });
  if (row === undefined || row.position === null) return broken('end-moved', 0);
  if (row.first !== null && row.first < 1) return broken('added', row.first);
  let last: AuditMark = { position: 0, hash: beforeFirst };
  let isKnown = known === undefined || (known.position === 0 && known.hash === beforeFirst);
  for (;;) {
    const rows = await owner.query<{ seq: number; hash: string; text: string }>({
      text: page,
      values: [last.position, row.position],
    });
    for (const { seq, hash, text } of rows) {
      const position = last.position + 1;
      if (seq !== position) return broken('missing', position);
      if (hash !== chainHash(last.hash, text)) return broken('changed', position);
      if (position === known?.position) isKnown = hash === known.hash;
      last = { position, hash };
    }
    if (rows.length === 0) break;
  }
  if (last.position < row.position) return broken('missing', last.position + 1);
  if (row.beyond !== null) return broken('added', row.beyond);
  if (last.hash !== row.hash) return broken('end-moved', last.position);
  return isKnown ? { isWhole: true, end: last } : broken('not-the-known', known?.position ?? 0);
}

function chainHash(before: string, text: string): string {
  return createHash('sha256').update(before, 'hex').update(text, 'utf8').digest('hex');
}
