// A small world for tests of the store: organizations, a client that may act for some of them, and one plan. The same on both databases.
import { grantPermit } from '../../src/access/permit.ts';
import type { Permit } from '../../src/access/permit.ts';
import type { SharingGrant } from '../../src/access/grants.ts';
import { parseScopes } from '../../src/access/scopes.ts';
import { createIdSource } from '../../src/core/ids.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Database } from '../../src/store/database.ts';
import type { AuditRow, ResourceWrite, Store } from '../../src/store/store.ts';
import type { OpenedDatabase } from '../../src/store/open-database.ts';
import type { IndexRows } from '../../src/search/index-rows.ts';
import type { Filter, SearchQuery } from '../../src/search/query.ts';

export type OpenDatabase = () => Promise<OpenedDatabase & { readonly remove: () => Promise<void> }>;

const scopes = parseScopes('system/*.cruds') ?? new Map();
const ids = createIdSource();

/** Noon of the day on which everything happens unless a test says otherwise. */
export const noon = new Date('2026-11-02T12:00:00.000Z');
export const minutesAfterNoon = (minutes: number): Date => new Date(noon.getTime() + minutes * 60_000);

/** `region` covers `clinic`; `town` covers its `board`, an authority of its own, which covers `unit`; `other` is nobody's. */
export const organizationTree = [
  { id: 'region', partOf: undefined, isAuthority: true },
  { id: 'clinic', partOf: 'region', isAuthority: false },
  { id: 'town', partOf: undefined, isAuthority: true },
  { id: 'board', partOf: 'Organization/town', isAuthority: true },
  { id: 'unit', partOf: 'board', isAuthority: false },
  { id: 'other', partOf: undefined, isAuthority: true },
] as const;

export type OrganizationId = (typeof organizationTree)[number]['id'];

export interface World {
  readonly database: Database;
  readonly store: Store;
  readonly rowLevelSecurity: boolean;
  readonly partyKeys: ReadonlyMap<string, number>;
  readonly clientKey: number;
  /** Permit of a party, at noon unless said otherwise. */
  readonly permit: (party: OrganizationId, at?: Date) => Permit;
  readonly operator: Permit;
  /** Permit of the person with this Patient id, who must be known to the store, by an app. */
  readonly individual: (patientId: string, at?: Date) => Promise<Permit>;
  readonly keyOf: (party: OrganizationId) => number;
  readonly close: () => Promise<void>;
}

const emptyIndex: IndexRows = { tokens: [], references: [], dates: [], strings: [] };

export function auditRow(changes: Partial<AuditRow> = {}): AuditRow {
  return {
    at: noon,
    requestId: 'request',
    clientId: 'vendor',
    partyKey: undefined,
    staff: undefined,
    interaction: 'create',
    outcome: 'success',
    status: 201,
    type: undefined,
    entities: [],
    ...changes,
  };
}

/** Opens a database, puts the organizations and the client into it. */
export async function openWorld(open: OpenDatabase): Promise<World> {
  const { database, rowLevelSecurity, remove } = await open();
  const store = createStore(database, { rowLevelSecurity, maxIncluded: 5000 });
  const [operatorRow] = await database.query<{ key: number }>({
    text: `insert into client (client_id, name, kind, scopes, created_at) values ('operator', 'Operator', 'operator', '', now()) returning key`,
  });
  const [vendorRow] = await database.query<{ key: number }>({
    text: `insert into client (client_id, name, kind, scopes, created_at) values ('vendor', 'Vendor', 'system', '', now()) returning key`,
  });
  const [appRow] = await database.query<{ key: number }>({
    text: `insert into client (client_id, name, kind, scopes, created_at) values ('app', 'App', 'app', '', now()) returning key`,
  });
  const clientKey = vendorRow?.key ?? 0;
  await database.query({
    text: `insert into client_key (client, thumbprint, jwk) values ($1, 'operator-key', '{}'), ($2, 'vendor-key', '{}')`,
    values: [operatorRow?.key, clientKey],
  });
  const operator = grantPermit({
    principal: {
      kind: 'operator',
      clientId: 'operator',
      clientKey: operatorRow?.key ?? 0,
      keyThumbprint: 'operator-key',
      scopes,
      expiresAtMs: Infinity,
    },
    interaction: 'update',
    at: noon,
    requestId: 'request',
  });
  await store.transaction(operator, (inside) =>
    inside.apply(operator, organizationTree.map(organizationWrite), auditRow()),
  );
  const rows = await database.query<{ key: number; id: string }>({ text: 'select key, id from organization' });
  const partyKeys = new Map(rows.map(({ key, id }) => [id, key]));
  // Registered for the huvudmän and for `board`; the units below act because they are covered.
  for (const id of ['region', 'town', 'board', 'other'] as const) {
    await database.query({
      text: 'insert into client_organization (client, organization_key) values ($1, $2)',
      values: [clientKey, partyKeys.get(id)],
    });
  }
  const keyOf = (party: OrganizationId): number => partyKeys.get(party) ?? -100;
  return {
    database,
    store,
    rowLevelSecurity,
    partyKeys,
    clientKey,
    keyOf,
    operator,
    permit: (party, at = noon) =>
      grantPermit({
        principal: {
          kind: 'system',
          clientId: 'vendor',
          clientKey,
          keyThumbprint: 'vendor-key',
          scopes,
          expiresAtMs: Infinity,
          party: { key: keyOf(party), organizationId: party, source: `urn:oid:1.2.752.29.4.19#${party}` },
          purposes: [],
          staff: undefined,
        },
        interaction: 'read',
        at,
        requestId: 'request',
      }),
    individual: async (patientId, at = noon) => {
      const [row] = await database.query<{ key: number }>({
        text: 'select key from person where patient_id = $1',
        values: [patientId],
      });
      if (row === undefined) throw new Error(`${patientId} is not known`);
      return grantPermit({
        principal: {
          kind: 'individual',
          clientId: 'app',
          clientKey: appRow?.key ?? 0,
          scopes,
          expiresAtMs: Infinity,
          person: { key: row.key, patientId },
        },
        interaction: 'read',
        at,
        requestId: 'request',
      });
    },
    close: async () => {
      await store.close();
      await remove();
    },
  };
}

export function organizationWrite(organization: {
  readonly id: string;
  readonly partOf: string | undefined;
  readonly isAuthority: boolean;
}): ResourceWrite {
  return {
    type: 'Organization',
    id: organization.id,
    follows: undefined,
    versionId: ids.opaque(),
    lastUpdated: minutesAfterNoon(-600),
    method: 'POST',
    body: JSON.stringify({ resourceType: 'Organization', id: organization.id }),
    directory: true,
    custodianKey: null,
    person: null,
    index: emptyIndex,
    references: [],
    grants: undefined,
    organization: { partOf: organization.partOf, isAuthority: organization.isAuthority, path: 'Organization.partOf' },
  };
}

export interface Draft {
  readonly type: string;
  readonly id: string;
  readonly custodian: OrganizationId;
  /** Id of the Patient; undefined: about nobody. */
  readonly patient?: string;
  readonly follows?: number;
  readonly method?: ResourceWrite['method'];
  readonly at?: Date;
  readonly body?: string;
  readonly tokens?: readonly (readonly [param: string, code: string, system?: string])[];
  readonly refersTo?: readonly (readonly [param: string, reference: string])[];
  readonly dates?: IndexRows['dates'];
  readonly strings?: IndexRows['strings'];
  readonly grants?: readonly SharingGrant[];
  /** Security labels, as `system|code`. */
  readonly labels?: readonly string[];
}

/** A version to write, with a `patient` reference and a `text` token of its own id unless said otherwise. */
export function toWrite(world: World, draft: Draft): ResourceWrite {
  const refersTo =
    draft.refersTo ??
    (draft.patient === undefined || draft.type === 'Patient' ? [] : [['patient', `Patient/${draft.patient}`]]);
  const isDelete = draft.method === 'DELETE';
  return {
    type: draft.type,
    id: draft.id,
    follows: draft.follows,
    versionId: ids.opaque(),
    lastUpdated: draft.at ?? minutesAfterNoon(-60),
    method: draft.method ?? (draft.follows === undefined ? 'POST' : 'PUT'),
    body: isDelete ? undefined : (draft.body ?? JSON.stringify({ resourceType: draft.type, id: draft.id })),
    directory: false,
    custodianKey: world.keyOf(draft.custodian),
    person: draft.patient === undefined ? null : { patientId: draft.patient },
    index: isDelete
      ? emptyIndex
      : {
          tokens: (draft.tokens ?? []).map(([param, code, system = '']) => ({ param, code, system })),
          references: refersTo.map(([param, reference]) => {
            const [targetType = '', targetId = ''] = reference.split('/');
            return { param, targetType, targetId };
          }),
          dates: draft.dates ?? [],
          strings: draft.strings ?? [],
        },
    references: isDelete ? [] : refersTo.map(([, reference]) => reference),
    grants: draft.grants,
    ...(draft.labels === undefined ? {} : { labels: { now: draft.labels, mayHaveHad: true } }),
    organization: undefined,
  };
}

/** Writes as the custodian of the first draft, in one transaction; gives what was written. */
export async function put(world: World, ...drafts: readonly Draft[]): Promise<readonly ResourceWrite[]> {
  const writes = drafts.map((draft) => toWrite(world, draft));
  const permit = world.permit(drafts[0]?.custodian ?? 'region');
  await world.store.transaction(permit, (inside) => inside.apply(permit, writes, auditRow()));
  return writes;
}

/** Writes the next version of what is there, as its custodian unless `author` says otherwise. */
export async function change(
  world: World,
  draft: Draft & { readonly author?: OrganizationId },
): Promise<ResourceWrite> {
  const permit = world.permit(draft.author ?? draft.custodian);
  return world.store.transaction(permit, async (inside) => {
    const [locked] = await inside.lockCurrent(permit, [{ type: draft.type, id: draft.id }]);
    if (locked === undefined) throw new Error(`${draft.type}/${draft.id} is not there to change`);
    const write = toWrite(world, { at: minutesAfterNoon(-30), ...draft, follows: locked.key });
    await inside.apply(permit, [write], auditRow({ interaction: 'update' }));
    return write;
  });
}

/** `from` opens its data about the person to `to`, by a Consent of its own. */
export function consent(
  from: OrganizationId,
  to: OrganizationId,
  patient: string,
  period: { readonly startsAt?: Date; readonly endsAt?: Date } = {},
): Draft {
  return {
    type: 'Consent',
    id: `consent-${from}-${to}-${patient}`,
    custodian: from,
    patient,
    grants: [
      {
        custodianId: from,
        recipientId: to,
        startsAt: period.startsAt ?? minutesAfterNoon(-120),
        endsAt: period.endsAt,
      },
    ],
  };
}

export function query(type: string, filters: readonly Filter[] = [], changes: Partial<SearchQuery> = {}): SearchQuery {
  return {
    type,
    filters,
    sort: [{ param: '_lastUpdated', kind: 'last-updated', descending: true }],
    count: 50,
    total: 'accurate',
    includes: [],
    after: undefined,
    ...changes,
  };
}
