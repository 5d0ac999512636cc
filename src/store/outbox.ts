// The outbox, read in an order in which nothing can be missed: sequence numbers become visible out of order when writers
// overlap, so only rows older than every running transaction are given, ordered by transaction and then by number.
// A reader tells what it saw to nobody before checking access again for its receiver.
import type { Queryable } from './database.ts';

/** After this row. `xid` is PostgreSQL's 64-bit transaction number, as text. */
export interface OutboxPosition {
  readonly xid: string;
  readonly seq: number;
}

export const outboxStart: OutboxPosition = { xid: '0', seq: 0 };

export interface OutboxRow {
  readonly position: OutboxPosition;
  readonly at: Date;
  readonly action: 'create' | 'update' | 'delete';
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  readonly resourceKey: number;
  readonly personKey: number | null;
  readonly custodianKey: number | null;
}

interface Row extends Omit<OutboxRow, 'position'> {
  readonly xid: string;
  readonly seq: number;
}

/** At most `limit` rows after `position`. Rows of a transaction come together and never before one that began writing earlier. */
export async function readOutbox(
  database: Queryable,
  position: OutboxPosition,
  limit: number,
): Promise<readonly OutboxRow[]> {
  const rows = await database.query<Row>({
    name: 'store_outbox',
    text: `
      select xid::text as xid, seq, at, action, type, id, version_id as "versionId", resource as "resourceKey",
        person as "personKey", custodian as "custodianKey"
      from outbox
      where (xid, seq) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
      order by outbox.xid, seq limit $3`,
    values: [position.xid, position.seq, limit],
  });
  return rows.map(({ xid, seq, ...row }) => ({ ...row, position: { xid, seq } }));
}
