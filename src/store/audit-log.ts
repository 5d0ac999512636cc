// The audit log: one row for what was done. Rows of requests that end at the same time share one INSERT and one commit,
// and nobody's call resolves before its rows are committed. Never holds a personal number.
import { createGroup } from '../core/group.ts';
import type { AuditRow, Store } from './store.ts';
import type { Queryable, Statement } from './database.ts';

const text = `insert into audit_log (at, request_id, client_id, party, interaction, outcome, status, type, entities)
  select r.at, r.request_id, r.client_id, r.party, r.interaction, r.outcome, r.status, r.type, r.entities::jsonb
  from unnest($1::timestamptz[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[])
    r (at, request_id, client_id, party, interaction, outcome, status, type, entities)`;

/** What the `entities` column holds of a row, as JSON text. */
export function entitiesText({ entities }: AuditRow): string {
  return JSON.stringify(
    entities.map(({ address, versionId, personKey, consent }) => ({ address, versionId, personKey, consent })),
  );
}

/** All rows in one INSERT. */
export function insertAuditRows(rows: readonly AuditRow[]): Statement {
  return {
    name: 'store_audit',
    text,
    values: [
      rows.map(({ at }) => at),
      rows.map(({ requestId }) => requestId),
      rows.map(({ clientId }) => clientId ?? null),
      rows.map(({ partyKey }) => partyKey ?? null),
      rows.map(({ interaction }) => interaction),
      rows.map(({ outcome }) => outcome),
      rows.map(({ status }) => status),
      rows.map(({ type }) => type ?? null),
      rows.map(entitiesText),
    ],
  };
}

/** So many rows go down at most in one statement. */
const mostRows = 500;

/** An audit function that commits in groups. */
export function createAudit(database: Queryable): Store['audit'] {
  const audit = createGroup<readonly AuditRow[], undefined>({
    run: async (groups) => {
      await database.query(insertAuditRows(groups.flat()));
      return groups.map(() => undefined);
    },
    sizeOf: (rows) => rows.length,
    most: mostRows,
  });
  return (rows) => (rows.length === 0 ? Promise.resolve() : audit(rows));
}
