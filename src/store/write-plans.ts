// The parts of the write statement (write-statement.ts) by which plans are closed, and what is marked after it: what belongs to closed plans
// alone, so that a Consent that began later does not open it (visibility.ts). `w` are the versions that are written.
import type { Queryable } from './database.ts';
import { slot, sql } from './sql.ts';
import type { Fragment } from './sql.ts';

export const reopeningPlans: Fragment = sql`reopened as (
    delete from closed_plan where resource in (select w.follows from w where w.type = 'CarePlan') returning resource, closed_at)`;

const closed = sql`insert into closed_plan (resource, person, closed_at)
    select w.key, w.person,`;
const given = sql`from unnest(${slot('integer[]', 'planOf')}, ${slot('timestamptz[]', 'planClosedAt')}) c (n, closed_at)
    join w on w.n = c.n`;

export const closingPlans: Fragment = sql`closed_plans as (
    ${closed} c.closed_at ${given} where w.person is not null)`;

/** A plan that was closed already stays closed since then. */
export const closingPlansAgain: Fragment = sql`closed_plans as (
    ${closed} least(c.closed_at, o.closed_at) ${given} left join reopened o on o.resource = w.key where w.person is not null)`;

/** After the versions have been put down, in their transaction. */
export async function markClosedMembers(inside: Queryable, persons: readonly (number | null)[]): Promise<void> {
  const known = persons.filter((person) => person !== null);
  if (known.length === 0) return;
  await inside.query({ name: 'store_mark_closed', text: 'select mark_closed_members($1::bigint[])', values: [known] });
}
