// The one statement that puts down a whole Bundle: versions, history, index rows, grants, outbox and audit, in as many INSERTs
// as there are tables to write. One text for each shape of Bundle, prepared once per connection; everything else varies in arrays.
import { indexTables, type IndexTable } from './index-tables.ts';
import { liveCheck, slotReader } from './reader.ts';
import type { LiveRow } from './reader.ts';
import { compile, join, name, nothing, slot, sql } from './sql.ts';
import type { Statement } from './database.ts';
import type { Fragment, Slots } from './sql.ts';
import { addressIn, hasTarget } from './visibility.ts';
import { closing, excluding, labelling, opening, unlabelling } from './write-consents.ts';
import { closingPlans, closingPlansAgain, reopeningPlans } from './write-plans.ts';
import { protecting, unprotecting } from './write-protection.ts';

/** `name` of slot -> array type, in the order of the columns of `unnest`. */
const writeColumns = {
  types: 'text[]',
  ids: 'text[]',
  follows: 'bigint[]',
  versionIds: 'text[]',
  lastUpdated: 'timestamptz[]',
  methods: 'text[]',
  bodies: 'text[]',
  directory: 'boolean[]',
  custodians: 'bigint[]',
  registrants: 'bigint[]',
  personKeys: 'bigint[]',
  patientIds: 'text[]',
} as const;

const arrays = (columns: Readonly<Record<string, string>>): Fragment =>
  join(
    Object.entries(columns).map(([slotName, type]) => sql`${slot(type, slotName)}`),
    ', ',
  );

/** The keys of what is followed. */
const followed = slot('bigint[]', 'follows');

/** Those whose rows hold only columns of their own besides the parameter. */
const narrowTables = [
  {
    table: 'search_token',
    columns: ['code', 'system'],
    slots: { tokenOf: 'integer[]', tokenParam: 'bigint[]', tokenCode: 'text[]', tokenSystem: 'text[]' },
  },
  {
    table: 'search_reference',
    columns: ['target_id', 'target_type'],
    slots: { referenceOf: 'integer[]', referenceParam: 'bigint[]', referenceId: 'text[]', referenceType: 'text[]' },
  },
  {
    table: 'search_date',
    columns: ['low_ms', 'high_ms'],
    slots: { dateOf: 'integer[]', dateParam: 'bigint[]', dateLow: 'bigint[]', dateHigh: 'bigint[]' },
  },
  {
    table: 'search_string',
    columns: ['normalized', 'exact', 'whole'],
    slots: {
      stringOf: 'integer[]',
      stringParam: 'bigint[]',
      stringNormalized: 'text[]',
      stringExact: 'text[]',
      stringWhole: 'text[]',
    },
  },
] as const;

/** One row holds a number with its unit, or the parts of a composite (search/index-rows.ts). */
const valueColumns = {
  valueOf: 'integer[]',
  valueParam: 'bigint[]',
  valueKeyCode: 'text[]',
  valueKeySystem: 'text[]',
  valueLow: 'double precision[]',
  valueHigh: 'double precision[]',
  valueCode: 'text[]',
  valueSystem: 'text[]',
  valueUnit: 'text[]',
  valueLow2: 'double precision[]',
  valueHigh2: 'double precision[]',
} as const;

const textColumns = {
  textOf: 'integer[]',
  textLanguage: 'text[]',
  textNarrative: 'text[]',
  textContent: 'text[]',
} as const;

/** Out with the old rows of what is followed. A DELETE sees only what was there before the statement. */
const oldRows = indexTables.map(
  (table) => sql`${name(`old_${table}`)} as (
    delete from ${name(table)} where resource = any (${followed}) and (select ok from live))`,
);

/** In with the new ones. */
const newRows: Readonly<Record<IndexTable, Fragment>> = {
  ...(Object.fromEntries(
    narrowTables.map(({ table, columns, slots }) => {
      const names = join(columns.map(name), ', ');
      const given = join(
        columns.map((column) => name(`i.${column}`)),
        ', ',
      );
      const isToken = table === 'search_token';
      return [
        table,
        sql`${name(`new_${table}`)} as (
    insert into ${name(table)} (resource, person, param, last_updated, ${names}${isToken ? sql`, owner` : nothing})
    select w.key, w.person, i.param, w.last_updated, ${given}${isToken ? sql`, w.owner` : nothing}
    from unnest(${arrays(slots)}) i (n, param, ${names}) join w on w.n = i.n)`,
      ];
    }),
  ) as Record<(typeof narrowTables)[number]['table'], Fragment>),
  search_value: sql`new_search_value as (
    insert into search_value (resource, person, param, last_updated, key_code, key_system, low, high, code, system, unit, low2, high2)
    select w.key, w.person, i.param, w.last_updated, i.key_code, i.key_system, i.low, i.high, i.code, i.system, i.unit, i.low2, i.high2
    from unnest(${arrays(valueColumns)}) i (n, param, key_code, key_system, low, high, code, system, unit, low2, high2) join w on w.n = i.n)`,
  search_text: sql`new_search_text as (
    insert into search_text (resource, person, last_updated, language, narrative, content)
    select w.key, w.person, w.last_updated, i.language,
      case when i.narrative <> '' then to_tsvector(i.language::regconfig, i.narrative) end, to_tsvector(i.language::regconfig, i.content)
    from unnest(${arrays(textColumns)}) i (n, language, narrative, content) join w on w.n = i.n)`,
};

const versionColumns = sql`type, id, registrant, version_id, last_updated, method, deleted, directory, custodian, person, author, refs, foreign_refs, body`;

/**
 * Puts the index rows of current versions down anew, with nothing else about them changed. Slots: `follows`, the keys in the order that
 * the index rows count them by, and those of the index tables. The resources must be locked.
 */
export function compileReindex(): ReturnType<typeof compile> {
  return compile(sql`with live as (select true as ok),
  w as materialized (
    select i.n, r.key, r.person, r.last_updated, r.owner
    from unnest(${followed}) with ordinality i (key, n) join resource r on r.key = i.key),
  ${join([...oldRows, ...Object.values(newRows)], ',\n')}
  select 1`);
}

/** Which parts of the statement a Bundle needs. What each of them costs is its start, so what has nothing to do is left out. */
interface WriteShape {
  readonly creates: boolean;
  readonly follows: boolean;
  /** A Patient is among the writes. */
  readonly registers: boolean;
  readonly refers: boolean;
  readonly followsConsent: boolean;
  readonly grants: boolean;
  readonly excludes: boolean;
  /** A version before has labels that a Consent may deny, or may have. */
  readonly relabels: boolean;
  readonly labels: boolean;
  /** A version before is of a Patient. */
  readonly followsPatient: boolean;
  readonly protects: boolean;
  readonly followsPlan: boolean;
  readonly closesPlan: boolean;
  readonly tables: readonly IndexTable[];
}

type Lists = Readonly<Record<string, readonly unknown[] | undefined>>;

/** The shape that these slots fill. */
function shapeOf(slots: Slots): WriteShape {
  const lists = slots as Lists;
  const { follows = [], types = [], patientIds = [] } = lists;
  const isFilled = (slotName: string): boolean => (lists[slotName] ?? []).length > 0;
  return {
    creates: follows.includes(null),
    follows: follows.some((key) => key !== null),
    registers: patientIds.some((id) => id !== null),
    refers: isFilled('refOf'),
    followsConsent: types.some((type, at) => type === 'Consent' && follows[at] !== null),
    grants: isFilled('grantOf'),
    excludes: slots['exclusions'] !== '[]',
    relabels: slots['relabels'] === true,
    labels: isFilled('labelOf'),
    followsPatient: types.some((type, at) => type === 'Patient' && follows[at] !== null),
    protects: isFilled('protectedOf'),
    followsPlan: types.some((type, at) => type === 'CarePlan' && follows[at] !== null),
    closesPlan: isFilled('planOf'),
    tables: indexTables.filter((table) => isFilled(rowsOf[table])),
  };
}

/** The slot that says to which write each row of the table belongs. */
const rowsOf: Readonly<Record<IndexTable, string>> = {
  search_token: 'tokenOf',
  search_reference: 'referenceOf',
  search_date: 'dateOf',
  search_string: 'stringOf',
  search_value: 'valueOf',
  search_text: 'textOf',
};

/** What the statement gives. */
export interface WrittenRow extends LiveRow {
  /** The keys of persons that Patients were written of, by the Patient's id. */
  readonly persons: Readonly<Record<string, number>> | null;
  /** The persons of whom what belongs to closed plans is to be marked anew. */
  readonly planned: readonly number[];
}

/** The statement for these slots: those of the reader, of `writeColumns`, of the index tables, and those named below. Gives one WrittenRow. */
export function createWriteStatement(isProtected: boolean): (slots: Slots) => Statement {
  const compiled = new Map<string, ReturnType<typeof compile>>();
  return (slots) => {
    const shape = shapeOf(slots);
    const text = JSON.stringify(shape);
    const statement = compiled.get(text) ?? compileWrite(isProtected, shape);
    compiled.set(text, statement);
    return statement(slots);
  };
}

function compileWrite(isProtected: boolean, shape: WriteShape): ReturnType<typeof compile> {
  const when = (condition: boolean, part: Fragment): readonly Fragment[] => (condition ? [part] : []);
  const refColumns = shape.refers
    ? sql`coalesce(f.all_refs, '{}'), coalesce(f.foreign_refs, '{}')`
    : sql`'{}'::text[], '{}'::text[]`;
  const joinRefs = shape.refers ? sql`left join refs f on f.n = w.n` : nothing;
  const parts = [
    liveCheck(slotReader(isProtected)),
    ...when(
      shape.registers,
      sql`new_person as (
    insert into person (patient_id)
    select distinct p.id from unnest(${slot('text[]', 'patientIds')}) p (id) where p.id is not null and (select ok from live) order by p.id
    -- DO UPDATE, so that a person another transaction has just made comes back too.
    on conflict (patient_id) do update set patient_id = excluded.patient_id returning key, patient_id)`,
    ),
    sql`w as materialized (
    select i.n, i.type, i.id, i.follows, i.version_id, i.last_updated, i.method, i.body, i.directory, i.custodian, i.registrant,
      coalesce(i.follows, nextval('resource_key')) as key,
      ${shape.registers ? sql`coalesce(i.person_key, p.key)` : sql`i.person_key`} as person,
      case when i.directory then -2 else coalesce(i.custodian, -3) end as owner
    from unnest(${arrays(writeColumns)}) with ordinality
      i (type, id, follows, version_id, last_updated, method, body, directory, custodian, registrant, person_key, patient_id, n)
    ${shape.registers ? sql`left join new_person p on p.patient_id = i.patient_id` : nothing}
    where (select ok from live))`,
    ...when(
      shape.refers,
      sql`refs as materialized (
    select u.n, array_agg(u.ref) as all_refs, coalesce(array_agg(u.ref) filter (where not u.is_own
        and not ${hasTarget(addressIn('u.ref'), sql`t.custodian = w.custodian and t.person = w.person`)}
        -- A Consent shows to fewer than what else its party keeps.
        or u.ref like 'Consent/%'), '{}') as foreign_refs
    from unnest(${slot('integer[]', 'refOf')}, ${slot('text[]', 'ref')}, ${slot('boolean[]', 'refIsOwn')}) u (n, ref, is_own)
    join w on w.n = u.n group by u.n)`,
    ),
    ...when(
      shape.follows,
      sql`superseded as (
    insert into resource_history (key, ${versionColumns})
    select key, ${versionColumns} from resource where key = any (${followed}) and (select ok from live)),
  changed as (
    update resource r set version_id = w.version_id, last_updated = w.last_updated, method = w.method, body = w.body,
      deleted = w.method = 'DELETE', author = ${slot('bigint', 'party')}, (refs, foreign_refs) = row(${refColumns})
    from w ${joinRefs} where r.key = w.follows)`,
    ),
    ...when(
      shape.creates,
      sql`created as (
    insert into resource (key, ${versionColumns})
    select w.key, w.type, w.id, w.registrant, w.version_id, w.last_updated, w.method, w.method = 'DELETE', w.directory, w.custodian,
      w.person, ${slot('bigint', 'party')}, ${refColumns}, w.body
    from w ${joinRefs} where w.follows is null)`,
    ),
    ...(shape.follows ? oldRows : []),
    ...shape.tables.map((table) => newRows[table]),
    ...when(shape.followsConsent, closing),
    ...when(shape.grants, opening),
    ...when(shape.excludes, excluding),
    ...when(shape.relabels, unlabelling),
    ...when(shape.labels, labelling),
    ...when(shape.followsPatient, unprotecting),
    ...when(
      shape.protects,
      protecting(shape.registers ? sql`union all select key, patient_id from new_person` : nothing),
    ),
    ...when(shape.followsPlan, reopeningPlans),
    ...when(shape.closesPlan, shape.followsPlan ? closingPlansAgain : closingPlans),
    sql`told as (
    insert into outbox (at, action, type, id, version_id, resource, person, custodian)
    select w.last_updated, case when w.method = 'DELETE' then 'delete' when w.follows is null then 'create' else 'update' end,
      w.type, w.id, w.version_id, w.key, w.person, w.custodian
    from w order by w.n)`,
  ];
  const closes = shape.closesPlan ? sql`w.n = any (${slot('integer[]', 'planOf')}) or` : nothing;
  const persons = shape.registers ? sql`(select jsonb_object_agg(patient_id, key) from new_person)` : sql`null::jsonb`;
  return compile(sql`with ${join(parts, ',\n  ')}
  select ok, ${persons} as persons,
    array(select distinct w.person from w where ${closes} exists (select from closed_plan c where c.person = w.person)) as planned
  from live`);
}
