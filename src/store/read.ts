// read and vread: one statement each. https://hl7.org/fhir/R4/http.html#read
// What is hidden and what is absent both give undefined.
import type { Queryable } from './database.ts';
import { liveCheck, readerSlots, requireLive, slotReader } from './reader.ts';
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
      select ${versionColumns(reader, 'r')} from resource r
      where r.type = ${slot('text', 'type')} and r.id = ${slot('text', 'id')} and ${visibleTo('read', reader, 'r')}
      order by ${ownRegistrationFirst(reader, 'r')} limit 1
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

  const one = async (statement: ReturnType<typeof current>): Promise<StoredVersion | undefined> => {
    const rows = await database.query<LiveRow & VersionRow>(statement);
    requireLive(rows);
    return rows.filter(isFound).map(toStoredVersion)[0];
  };

  return {
    read: (permit, { type, id }) => one(current({ ...readerSlots(permit), type, id })),
    readVersion: (permit, { type, id, versionId }) => one(version({ ...readerSlots(permit), type, id, versionId })),
  };
}
