// What a write statement is filled with: the versions of a Bundle, turned into one array per column.
import type { Permit } from '../access/permit.ts';
import { toIndexedCode, toIndexedString } from './indexed-value.ts';
import { toParameterKey } from './parameter-key.ts';
import { readerSlots } from './reader.ts';
import type { Slots } from './sql.ts';
import type { ResourceWrite } from './store.ts';

/** Each item with the place (1, 2, …) of the write it belongs to. */
function flatten<Write, T>(
  writes: readonly Write[],
  itemsOf: (write: Write) => readonly T[],
): readonly { readonly n: number; readonly write: Write; readonly item: T }[] {
  return writes.flatMap((write, index) => itemsOf(write).map((item) => ({ n: index + 1, write, item })));
}

/** The slots of write-statement.ts. */
export function toWriteSlots(permit: Permit, writes: readonly ResourceWrite[]): Slots {
  return {
    ...readerSlots(permit),
    ...versionSlots(writes),
    ...referenceSlots(writes),
    ...indexSlots(writes),
    ...wideSlots(writes),
    ...grantSlots(writes),
    ...exclusionSlots(writes),
    ...labelSlots(writes),
    ...closedPlanSlots(writes),
    ...protectedSlots(writes),
  };
}

type Indexed = Pick<ResourceWrite, 'type' | 'index'>;

/** The slots of `compileReindex`. */
export function toReindexSlots(rows: readonly (Indexed & { readonly key: number })[]): Slots {
  return { follows: rows.map(({ key }) => key), ...indexSlots(rows), ...wideSlots(rows) };
}

const toRegistrant = ({ type, custodianKey, registrantKey }: ResourceWrite): number =>
  registrantKey ?? (type === 'Patient' ? (custodianKey ?? 0) : 0);

function versionSlots(writes: readonly ResourceWrite[]): Slots {
  return {
    types: writes.map(({ type }) => type),
    ids: writes.map(({ id }) => id),
    follows: writes.map(({ follows }) => follows ?? null),
    versionIds: writes.map(({ versionId }) => versionId),
    lastUpdated: writes.map(({ lastUpdated }) => lastUpdated),
    methods: writes.map(({ method }) => method),
    bodies: writes.map(({ body }) => body ?? null),
    directory: writes.map(({ directory }) => directory),
    custodians: writes.map(({ custodianKey }) => custodianKey),
    registrants: writes.map(toRegistrant),
    personKeys: writes.map(({ person }) => (person !== null && 'key' in person ? person.key : null)),
    patientIds: writes.map(({ person }) => (person !== null && 'patientId' in person ? person.patientId : null)),
  };
}

/** `isOwn`: the target is written here too, with the same custodian about the same person, so nobody need look it up. */
function referenceSlots(writes: readonly ResourceWrite[]): Slots {
  const ownerOf = ({ custodianKey, person }: ResourceWrite): string => `${custodianKey} ${JSON.stringify(person)}`;
  const owners = new Map(writes.map((write) => [`${write.type}/${write.id}`, ownerOf(write)]));
  const rows = flatten(writes, ({ references }) => references);
  return {
    refOf: rows.map(({ n }) => n),
    ref: rows.map(({ item }) => item),
    refIsOwn: rows.map(({ write, item }) => owners.get(item) === ownerOf(write)),
  };
}

function indexSlots(writes: readonly Indexed[]): Slots {
  const tokens = flatten(writes, ({ index }) => index.tokens);
  const references = flatten(writes, ({ index }) => index.references);
  const dates = flatten(writes, ({ index }) => index.dates);
  const strings = flatten(writes, ({ index }) => index.strings);
  const keysOf = (
    rows: readonly { readonly write: Indexed; readonly item: { readonly param: string } }[],
  ): readonly number[] => rows.map(({ write, item }) => toParameterKey(write.type, item.param));
  return {
    tokenOf: tokens.map(({ n }) => n),
    tokenParam: keysOf(tokens),
    tokenCode: tokens.map(({ item }) => toIndexedCode(item.code)),
    tokenSystem: tokens.map(({ item }) => toIndexedCode(item.system)),
    referenceOf: references.map(({ n }) => n),
    referenceParam: keysOf(references),
    referenceId: references.map(({ item }) => toIndexedCode(item.targetId)),
    referenceType: references.map(({ item }) => item.targetType),
    dateOf: dates.map(({ n }) => n),
    dateParam: keysOf(dates),
    dateLow: dates.map(({ item }) => item.lowMs),
    dateHigh: dates.map(({ item }) => item.highMs),
    stringOf: strings.map(({ n }) => n),
    stringParam: keysOf(strings),
    stringNormalized: strings.map(({ item }) => toIndexedString(item.normalized)),
    stringExact: strings.map(({ item }) => item.exact),
    stringWhole: strings.map(({ item: { normalized } }) =>
      toIndexedString(normalized) === normalized ? null : normalized,
    ),
  };
}

function wideSlots(writes: readonly Indexed[]): Slots {
  const values = flatten(writes, ({ index }) => index.values ?? []);
  const texts = flatten(writes, ({ index }) => (index.text === undefined ? [] : [index.text]));
  return {
    valueOf: values.map(({ n }) => n),
    valueParam: values.map(({ write, item }) => toParameterKey(write.type, item.param)),
    valueKeyCode: values.map(({ item }) => toIndexedCode(item.keyCode)),
    valueKeySystem: values.map(({ item }) => toIndexedCode(item.keySystem)),
    valueLow: values.map(({ item }) => item.low),
    valueHigh: values.map(({ item }) => item.high),
    valueCode: values.map(({ item }) => (item.isText === true ? item.code : toIndexedCode(item.code))),
    valueSystem: values.map(({ item }) => toIndexedCode(item.system)),
    valueUnit: values.map(({ item }) => toIndexedCode(item.unit)),
    valueLow2: values.map(({ item }) => item.low2),
    valueHigh2: values.map(({ item }) => item.high2),
    textOf: texts.map(({ n }) => n),
    textLanguage: texts.map(({ item }) => item.language),
    textNarrative: texts.map(({ item }) => item.narrative),
    textContent: texts.map(({ item }) => item.content),
  };
}

function grantSlots(writes: readonly ResourceWrite[]): Slots {
  const rows = flatten(writes, ({ grants }) => grants ?? []);
  return {
    grantOf: rows.map(({ n }) => n),
    grantCustodian: rows.map(({ item }) => item.custodianId),
    grantRecipient: rows.map(({ item }) => item.recipientId),
    grantStart: rows.map(({ item }) => item.startsAt),
    grantEnd: rows.map(({ item }) => item.endsAt ?? null),
    grantKind: rows.map(({ item }) => item.kind ?? null),
    grantStays: rows.map(({ write }) => write.keepsConfirmations ?? false),
    grantPurposes: rows.map(({ item }) => item.purposes?.join(' ') ?? null),
  };
}

function exclusionSlots(writes: readonly ResourceWrite[]): Slots {
  const rows = flatten(writes, ({ exclusions }) => exclusions ?? []);
  const rowsOf = rows.map(({ n, item: { recipientIds, targets, labels, startsAt, endsAt } }) => {
    return { n, recipients: recipientIds, targets, labels, starts_at: startsAt, ends_at: endsAt };
  });
  return { exclusions: JSON.stringify(rowsOf) };
}

function protectedSlots(writes: readonly ResourceWrite[]): Slots {
  const rows = flatten(writes, ({ protectedIds = [] }) => protectedIds);
  const written = new Set(
    writes.flatMap(({ person }) => (person !== null && 'patientId' in person ? [person.patientId] : [])),
  );
  return {
    protectedOf: writes.flatMap(({ protectedIds }, at) => (protectedIds === undefined ? [] : [at + 1])),
    protectedIdOf: rows.map(({ n }) => n),
    protectedId: rows.map(({ item }) => item),
    otherIds: rows.flatMap(({ item }) => (written.has(item) ? [] : [item])),
  };
}

function closedPlanSlots(writes: readonly ResourceWrite[]): Slots {
  const rows = flatten(writes, ({ planClosedAt }) => (planClosedAt === undefined ? [] : [planClosedAt]));
  return { planOf: rows.map(({ n }) => n), planClosedAt: rows.map(({ item }) => item) };
}

/** `relabels` is no value of the statement: it chooses its shape. */
function labelSlots(writes: readonly ResourceWrite[]): Slots {
  const rows = flatten(writes, ({ labels }) => labels?.now ?? []);
  return {
    labelOf: rows.map(({ n }) => n),
    label: rows.map(({ item }) => item),
    relabels: writes.some(({ labels }) => labels?.mayHaveHad === true),
  };
}
