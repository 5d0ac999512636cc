// Persons as the store knows them: a key for each Patient id. A person who logs in may be known to no party yet.
// No permit here: a row says nothing but that the id has been met.
import type { Queryable } from './database.ts';

/** Makes a row for the person unless there is one. */
export async function addPerson(database: Queryable, patientId: string): Promise<void> {
  await database.query({
    name: 'persons.add',
    text: 'insert into person (patient_id) values ($1) on conflict (patient_id) do nothing',
    values: [patientId],
  });
}
