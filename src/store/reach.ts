// Where a party can have anything visible at all: the owners whose rows it walks through newest first, and the persons whose
// few rows are looked up one by one. Only a place to start from; what is visible is decided row by row (visibility.ts).
// Too wide costs time and no more; it leaves nothing visible out.
import type { Reader } from './reader.ts';
import { sql } from './sql.ts';
import type { Fragment } from './sql.ts';

/**
 * Up to so many persons of one custodian are looked up; where more are open to the party, walking the custodian's rows
 * meets visible ones soon enough.
 */
const fewPersons = sql`300`;

/** Of what individuals keep: all of them are one custodian, so that walking meets a visible row only where many are open to the party. */
const mostPersons = sql`10000`;

/** Members of a WITH RECURSIVE: `reached_owner(owner)` and `reached_person(person)`. Goes from custodian to custodian by index. */
export function reachTables(reader: Reader): Fragment {
  return sql`
    granting (recipient, custodian) as (
      select above.covering, (select min(o.custodian) from sharing_grant o where o.recipient = above.covering)
      from party_coverage above where above.covered = ${reader.party}
      union all
      select g.recipient, (select min(o.custodian) from sharing_grant o where o.recipient = g.recipient and o.custodian > g.custodian)
      from granting g where g.custodian is not null),
    measured as materialized (
      select g.recipient, g.custodian, (
        select count(*) from (
          select from sharing_grant o where o.recipient = g.recipient and o.custodian = g.custodian limit ${mostPersons} + 1) few
      ) <= case when g.custodian = 0 then ${mostPersons} else ${fewPersons} end as is_few
      from granting g where g.custodian is not null),
    reached_owner as materialized (
      select -2::bigint as owner
      union select ${reader.party}
      union select p.covered from measured m join party_coverage p on p.covering = m.custodian where not m.is_few),
    reached_person as materialized (
      select distinct o.person from measured m
      cross join lateral (
        select o.person from sharing_grant o where o.recipient = m.recipient and o.custodian = m.custodian offset 0) o
      where m.is_few
      union select ${reader.person} where ${reader.person} is not null)`;
}
