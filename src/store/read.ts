// read and vread: one statement each. https://hl7.org/fhir/R4/http.html#read
// What is hidden and what is absent both give undefined.
import type { Permit } from '../access/permit.ts';
import { createGroups } from '../core/group.ts';
import type { ResourceAddress } from '../fhir/resource.ts';
import type { Queryable } from './database.ts';
import { callerOf, liveCheck, readerSlots, requireLive, slotReader } from './reader.ts';
import type { LiveRow } from './reader.ts';
import { compile, slot, sql } from './sql.ts';
import type { Store, StoredVersion } from './store.ts';
import { isFound, toStoredVersion, versionColumns } from './version-row.ts';
import type { VersionRow } from './version-row.ts';
import { isReadersRegistration, ownRegistrationFirst, versionVisibleTo, visibleTo } from './visibility.ts';

/** The reading functions of a store. */
export function createRead(database: Queryable, isProtected: boolean): Pick<Store, 'read' | 'readVersion'> {
  const reader = slotReader(isProtected);
  const current = compile(sql`with ${liveCheck(reader)}
    select live.ok, v.* from live left join lateral (
      select a.n, f.* from unnest(${slot('text[]', 'types')}, ${slot('text[]', 'ids')}) with ordinality a (type, id, n)
      cross join lateral (
        select ${versionColumns(reader, 'r')} from resource r
        where r.type = a.type and r.id = a.id and ${visibleTo('read', reader, 'r')}
        order by ${ownRegistrationFirst(reader, 'r')} limit 1) f
    ) v on live.ok`);

  const address = { type: slot('text', 'type'), id: slot('text', 'id'), versionId: slot('text', 'versionId') };
  const version = compile(sql`with ${liveCheck(reader)}
    select live.ok, v.* from live left join lateral (
      select ${versionColumns(reader, 'r')} from resource r
      where r.type = ${address.type} and r.id = ${address.id} and r.version_id = ${address.versionId}
        and ${versionVisibleTo('version-current', reader, 'r')} and ${isReadersRegistration(reader, 'r')}
      union all
      select ${versionColumns(reader, 'h')} from resource_history h
      where h.type = ${address.type} and h.id = ${address.id} and h.version_id = ${address.versionId}
        and ${versionVisibleTo('version-superseded', reader, 'h')} and ${isReadersRegistration(reader, 'h')}
    ) v on live.ok limit 1`);

  const readAll = async (reads: readonly Read[]): Promise<readonly (StoredVersion | undefined)[]> => {
    const [first] = reads;
    if (first === undefined) return [];
    const slots = {
      ...readerSlots(first.permit),
      at: new Date(Math.max(...reads.map(({ permit }) => permit.at.getTime()))),
      types: reads.map(({ address: { type } }) => type),
      ids: reads.map(({ address: { id } }) => id),
    };
    const rows = await database.query<LiveRow & VersionRow & { readonly n: number }>(current(slots));
    requireLive(rows);
    const byNumber = new Map(rows.filter(isFound).map((row) => [row.n, toStoredVersion(row)]));
    return reads.map((_, index) => byNumber.get(index + 1));
  };

  return {
    read: createGroupOfReads(readAll),
    readVersion: async (permit, { type, id, versionId }) => {
      const rows = await database.query<LiveRow & VersionRow>(version({ ...readerSlots(permit), type, id, versionId }));
      requireLive(rows);
      return rows.filter(isFound).map(toStoredVersion)[0];
    },
  };
}

interface Read {
  readonly permit: Permit;
  readonly address: ResourceAddress;
}

/** So many versions are read at most in one statement. */
const mostReads = 100;

/**
 * Reads of one caller (client, key, party) that come in while one statement runs share the next, which judges grants at the latest of
 * their instants. Callers never share one: the settings of row-level security are those of a whole transaction.
 */
function createGroupOfReads(
  run: (reads: readonly Read[]) => Promise<readonly (StoredVersion | undefined)[]>,
): Store['read'] {
  const read = createGroups({ run, sizeOf: () => 1, most: mostReads, keyOf: ({ permit }) => callerOf(permit) });
  return (permit, address) => read({ permit, address });
}
