// The parts of the write statement (write-statement.ts) by which a registration protects the person's identity, whoever keeps what is about
// her (visibility.ts). Each is a member of the statement's WITH; `w` are the versions that are written.
import { slot, sql } from './sql.ts';
import type { Fragment } from './sql.ts';

/** Which registrations say that the person's identity is protected. What was marked and is deleted goes on saying it. */
export const unprotecting: Fragment = sql`unprotected as (
    delete from protected_registration where resource in (select w.follows from w where w.type = 'Patient' and w.method <> 'DELETE'))`;

/** A person by whatever of the official identifiers: others may know her by another, or come to. `otherIds` are not written here. */
export const protecting = (newPersons: Fragment): Fragment => sql`marked_person as (
    insert into person (patient_id)
    select distinct o.id from unnest(${slot('text[]', 'otherIds')}) o (id) where (select ok from live) order by o.id
    on conflict (patient_id) do update set patient_id = excluded.patient_id returning key, patient_id),
  protected as (
    insert into protected_registration (resource, person)
    select w.key, w.person from unnest(${slot('integer[]', 'protectedOf')}) p (n) join w on w.n = p.n where w.person is not null
    union
    select w.key, m.key from unnest(${slot('integer[]', 'protectedIdOf')}, ${slot('text[]', 'protectedId')}) p (n, id) join w on w.n = p.n
      join (select key, patient_id from marked_person ${newPersons}) m on m.patient_id = p.id)`;
