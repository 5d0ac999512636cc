// Whose rows a party can have any visible ones among: its own, the directory, and those of custodians that some grant names
// to it. Only a place to start walking from; what is visible is decided row by row (visibility.ts). Too wide costs time, no more.
import type { Reader } from './reader.ts';
import { sql } from './sql.ts';
import type { Fragment } from './sql.ts';

/** A FROM item with the column `owner`. Goes from one custodian to the next by index, not through all grants. */
export function reach(reader: Reader): Fragment {
  return sql`(
    with recursive granting (recipient, custodian) as (
      select above.covering, (select min(o.custodian) from sharing_grant o where o.recipient = above.covering)
      from party_coverage above where above.covered = ${reader.party}
      union all
      select g.recipient, (select min(o.custodian) from sharing_grant o where o.recipient = g.recipient and o.custodian > g.custodian)
      from granting g where g.custodian is not null)
    select -2::bigint as owner
    union select ${reader.party}
    union select p.covered from granting g join party_coverage p on p.covering = g.custodian)`;
}
