// Row-level security, the second line behind the visibility predicate (PostgreSQL only): the hub works under a role that owns
// nothing and may not bypass policies, and the policies hold the same predicate, fed by settings of the transaction.
// With no settings nothing about a person is visible. https://www.postgresql.org/docs/15/ddl-rowsecurity.html
import type { Database, Queryable } from './database.ts';
import { indexTables } from './index-tables.ts';
import { sql, toLiteralText } from './sql.ts';
import { concernPolicyPredicate, policyPredicate } from './visibility.ts';

export const applicationRole = 'sip_hub_app';

/** The database does not let the hub set this up; the message says what its administrator can do. */
export class RowLevelSecurityError extends Error {
  override readonly name = 'RowLevelSecurityError';
}

const versionTables = ['resource', 'resource_history'] as const;

/**
 * What makes index rows anew reads every row. It goes back to the role that owns the tables, for one transaction, and says so in a
 * setting: the role that requests are answered under is let through by neither.
 */
export const indexerSettings: Readonly<Record<string, string>> = { role: 'none', 'sip_hub.indexing': 'on' };

/**
 * The database as the role that owns its tables, each statement in a transaction of its own: for what walks the whole log. The role that
 * requests are answered under may not read it whole.
 */
export function asOwner(database: Database): Queryable {
  return {
    query: (statement) => database.transaction((inside) => inside.query(statement), { settings: { role: 'none' } }),
  };
}

const indexerPredicate = `current_setting('sip_hub.indexing', true) = 'on'`;

const settingsReader = {
  party: sql`(select nullif(current_setting('sip_hub.party', true), '')::bigint)`,
  person: sql`(select nullif(current_setting('sip_hub.person', true), '')::bigint)`,
  at: sql`(select nullif(current_setting('sip_hub.at', true), '')::timestamptz)`,
  purposes: sql`(select string_to_array(current_setting('sip_hub.purposes', true), ' '))`,
};

/** An index row is as visible as its resource, a row of the log as the event made of it: the other table's own policy decides. */
const policies: readonly Pick<Policy, 'table' | 'using' | 'sparesOwner'>[] = [
  ...versionTables.map((table) => ({ table, using: toLiteralText(policyPredicate(settingsReader, table)) })),
  ...indexTables.map((table) => ({ table, using: `exists (select from resource r where r.key = ${table}.resource)` })),
  {
    table: 'audit_concern',
    using: toLiteralText(concernPolicyPredicate(settingsReader, 'audit_concern')),
    sparesOwner: true,
  },
  {
    table: 'audit_log',
    using: 'exists (select from audit_concern c where c.seq = audit_log.seq and c.month = audit_log.month)',
    sparesOwner: true,
  },
];

/** Any number that nothing else in the hub locks. */
const lockKey = 7_461_705;

/**
 * Turns the policies on (or off) and gives the role that connections must take (undefined: their own). Idempotent, and safe with
 * several starting processes; those that share a database must agree on the setting. @throws RowLevelSecurityError
 */
export async function prepareRowLevelSecurity(database: Database, isOn: boolean): Promise<string | undefined> {
  await database.transaction(async (inside) => {
    await inside.query({ text: 'select pg_advisory_xact_lock($1::bigint)', values: [lockKey] });
    if (isOn) await prepareRole(inside);
    for (const policy of policies) await setPolicy(inside, { ...policy, isOn });
    if (isOn) for (const table of versionTables) await setIndexerPolicy(inside, table);
  });
  return isOn ? applicationRole : undefined;
}

async function prepareRole(inside: Queryable): Promise<void> {
  const [role] = await inside.query<{ known: boolean; lawful: boolean; may: boolean }>({
    text: `select r.rolname is not null as known, not coalesce(r.rolbypassrls or r.rolsuper, false) as lawful,
        coalesce((select rolcreaterole or rolsuper from pg_roles where rolname = current_user), false) as may
      from (select $1::name as wanted) w left join pg_roles r on r.rolname = w.wanted`,
    values: [applicationRole],
  });
  if (role?.known !== true) {
    if (role?.may !== true) throw new RowLevelSecurityError(advice('The role does not exist and may not be created.'));
    // Two databases of one cluster share their roles, so another process may have made it since.
    await inside.query({
      text: `do $$ begin create role ${applicationRole} nologin; exception when duplicate_object or unique_violation then null; end $$`,
    });
  } else if (!role.lawful) {
    throw new RowLevelSecurityError(advice('The role may bypass row-level security.'));
  }
  await inside.query({ text: `grant usage on schema public to ${applicationRole}` });
  await inside.query({
    text: `grant select, insert, update, delete on all tables in schema public to ${applicationRole}`,
  });
  // The log is read, and added to by its function alone.
  await inside.query({
    text: `revoke insert, update, delete on audit_log, audit_concern, audit_head from ${applicationRole}`,
  });
  await inside.query({ text: `grant execute on function audit_append, mark_closed_members to ${applicationRole}` });
  await inside.query({ text: `grant usage, select on all sequences in schema public to ${applicationRole}` });
  const [member] = await inside.query<{ is: boolean }>({
    text: `select pg_has_role(current_user, $1, 'member') as is`,
    values: [applicationRole],
  });
  if (member?.is === true) return;
  await inside.query({ text: `grant ${applicationRole} to current_user` });
}

const advice = (fault: string): string =>
  [
    `Row-level security needs the role ${applicationRole}. ${fault}`,
    `Let an administrator run: CREATE ROLE ${applicationRole} NOLOGIN NOBYPASSRLS; GRANT ${applicationRole} TO the hub's user;`,
    'or turn it off: SIP_HUB_ROW_LEVEL_SECURITY=off. Visibility is then decided by the statements alone.',
  ].join('\n');

interface Policy {
  readonly table: string;
  readonly using: string;
  readonly isOn: boolean;
  /** The owner of the tables, who walks the chain of the log and adds to it, is let through. */
  readonly sparesOwner?: true;
}

/** Alters only what is not as it should be: ALTER TABLE stops everybody else on the table. */
async function setPolicy(inside: Queryable, { table, using, isOn, sparesOwner }: Policy): Promise<void> {
  const [state] = await inside.query<{ enabled: boolean; text: string | null }>({
    text: `select c.relrowsecurity and (c.relforcerowsecurity or $2) as enabled, obj_description(p.oid, 'pg_policy') as text
      from pg_class c left join pg_policy p on p.polrelid = c.oid and p.polname = 'reader' where c.oid = $1::regclass`,
    values: [table, sparesOwner === true],
  });
  if (isOn && state?.text !== using) {
    await inside.query({ text: `drop policy if exists reader on ${table}` });
    await inside.query({ text: `create policy reader on ${table} using (${using}) with check (true)` });
    await inside.query({ text: `comment on policy reader on ${table} is '${using.replaceAll("'", "''")}'` });
  }
  if (isOn === state?.enabled) return;
  await inside.query({ text: `alter table ${table} ${isOn ? 'enable' : 'disable'} row level security` });
  const isForced = isOn && sparesOwner !== true;
  await inside.query({ text: `alter table ${table} ${isForced ? 'force' : 'no force'} row level security` });
}

/** On versions alone: an index row is as visible as its resource. For the role that starts the hub, which owns the tables. */
async function setIndexerPolicy(inside: Queryable, table: (typeof versionTables)[number]): Promise<void> {
  const [state] = await inside.query<{ wanted: string; text: string | null }>({
    text: `select w.wanted, obj_description(p.oid, 'pg_policy') as text
      from (select session_user || ' ' || $1::text as wanted) w
      left join pg_policy p on p.polrelid = $2::regclass and p.polname = 'indexer'`,
    values: [indexerPredicate, table],
  });
  if (state === undefined || state.text === state.wanted) return;
  await inside.query({ text: `drop policy if exists indexer on ${table}` });
  await inside.query({
    text: `create policy indexer on ${table} to session_user using (${indexerPredicate}) with check (${indexerPredicate})`,
  });
  await inside.query({ text: `comment on policy indexer on ${table} is '${state.wanted.replaceAll("'", "''")}'` });
}
