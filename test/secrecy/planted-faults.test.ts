// Proves that the leak suite can fail: each fault is planted alone in a copy of the sources, and the suite must find a leak there.
// A path of the visibility predicate that no check watches fails the build. The hub's own code has no switch for this.
import { beforeAll, expect, test } from 'vitest';
import { type VisibilityPath, visibilityPaths } from '../../src/store/visibility.ts';
import type { LeakPart } from './leak-suite.ts';
import { type Edit, type Plant, playPlanted, type Result, unplanted } from './plants.ts';

const visibility = 'src/store/visibility.ts';
const consent = 'src/access/consent.ts';
const writeConsents = 'src/store/write-consents.ts';

const predicates = {
  visibleTo: 'alias: string',
  versionVisibleTo: 'alias: string',
  concernsReader: 'alias: string',
  isToldOfEntity: 'entity: LoggedEntity',
  isToldOfAct: 'entity: LoggedEntity',
};

const withoutPredicate = (path: string): readonly Edit[] =>
  Object.entries(predicates).map(([name, last]) => {
    const opening = `export function ${name}(_path: VisibilityPath, reader: Reader, ${last}): Fragment {\n`;
    return { file: visibility, find: opening, put: `${opening}  if (_path === '${path}') return sql\`true\`;\n` };
  });

/** The checks that watch each path. A path that is not here does not compile. */
const watchedBy: Readonly<Record<VisibilityPath, LeakPart>> = {
  read: 'byAddress',
  'version-current': 'byAddress',
  'version-superseded': 'onVersions',
  'history-current': 'byAddress',
  'history-superseded': 'onVersions',
  'search-match': 'byAddress',
  'chain-target': 'bySearch',
  'chain-source': 'bySearch',
  hierarchy: 'bySearch',
  include: 'bySearch',
  revinclude: 'bySearch',
  'hidden-reference': 'onOwnResources',
  'searched-reference': 'bySearch',
  'searched-identifier': 'bySearch',
  registration: 'onRegistrations',
  resolve: 'byWriting',
  lock: 'byAddress',
  'everything-person': 'onEverything',
  everything: 'onEverything',
  'export-current': 'onEverything',
  'export-superseded': 'onEverything',
  'explain-person': 'onEverything',
  'explain-access': 'onEverything',
  'explain-consent': 'onJointConsents',
  'explain-resource': 'onIndividuals',
  'audit-event': 'onTheLog',
  'audit-entity': 'onTheLog',
  'audit-searched-entity': 'onTheLog',
  'audit-consent': 'onTheLog',
  'audit-act': 'onTheLog',
};

const rememberedRead = `const key = JSON.stringify([context.principal, type, id]);
  const known = remembered.get(key);
  const version = known !== undefined && known.untilMs > Date.now() ? known.version : await services.store.read(permit, { type, id });
  remembered.set(key, { version, untilMs: Date.now() + 1000 });`;

const plants: Readonly<Record<string, Plant>> = {
  ...Object.fromEntries(
    visibilityPaths.map((path) => [
      `no predicate at ${path}`,
      { suite: watchedBy[path], edits: withoutPredicate(path) },
    ]),
  ),
  'a read is remembered for a second': {
    suite: 'onConsent',
    edits: [
      {
        file: 'src/interactions/read.ts',
        find: '\nexport interface ReadRequest',
        put: '\nconst remembered = new Map();\nexport interface ReadRequest',
      },
      {
        file: 'src/interactions/read.ts',
        find: 'const version = await services.store.read(permit, { type, id });',
        put: rememberedRead,
      },
    ],
  },
  'a grant of one person opens every person': {
    suite: 'leaks',
    edits: [{ file: visibility, find: 'opening.person = ${row}.person and', put: '' }],
  },
  "a grant of one custodian opens every custodian's": {
    suite: 'onRegistrations',
    edits: [
      { file: visibility, find: '${row}.custodian and above.covering = opening.custodian', put: '${row}.custodian' },
    ],
  },
  'every registration of a person is the reader’s': {
    suite: 'onVersions',
    edits: [
      {
        file: visibility,
        find: 'export function isReadersRegistration(reader: Reader, alias: string): Fragment {\n',
        put: "export function isReadersRegistration(reader: Reader, alias: string): Fragment {\n  if (alias !== '') return sql`true`;\n",
      },
    ],
  },
  'hidden references are not computed': {
    suite: 'onOwnResources',
    edits: [
      {
        file: visibility,
        find: 'select array_agg(f.ref) from',
        put: 'select array_agg(f.ref) filter (where false) from',
      },
    ],
  },
  "references to other parties' resources are not noted": {
    suite: 'onOwnResources',
    edits: [
      {
        file: 'src/store/write-statement.ts',
        find: 'filter (where not u.is_own',
        put: 'filter (where false',
      },
    ],
  },
  'coverage passes an authority of its own': {
    suite: 'onConsent',
    edits: [{ file: 'src/store/organizations.ts', find: 'where not below.is_authority', put: 'where true' }],
  },
  'the purposes of a consent are ignored': {
    suite: 'onConsent',
    edits: [{ file: visibility, find: 'opening.purposes is null or', put: 'true or' }],
  },
  'the start of a consent is ignored': {
    suite: 'onConsent',
    edits: [{ file: visibility, find: 'opening.starts_at <= ${reader.at} and', put: '' }],
  },
  'the end of a consent is ignored': {
    suite: 'onConsent',
    edits: [{ file: visibility, find: 'opening.ends_at is null or', put: 'true or' }],
  },
  'the end of a consent is not read': {
    suite: 'onConsent',
    edits: [{ file: 'src/access/consent-body.ts', find: 'new Date(endSpan.highMs)', put: 'undefined' }],
  },
  'a disabled client is let in': {
    suite: 'onClients',
    edits: [{ file: 'src/store/reader.ts', find: 'and c.enabled and', put: 'and' }],
  },
  'the status of a consent is ignored': {
    suite: 'onConsent',
    edits: [{ file: consent, find: "const isActive = consent.status === 'active';", put: 'const isActive = true;' }],
  },
  'who recorded a consent is ignored': {
    suite: 'onJointConsents',
    edits: [{ file: consent, find: "isAtOnce(custodianId) ? {} : { kind: 'when-confirmed' }", put: '{}' }],
  },
  'a custodian that has not confirmed opens its data': {
    suite: 'onJointConsents',
    edits: [
      {
        file: writeConsents,
        find: "and (g.kind is distinct from 'when-confirmed' or (g.stays and exists (",
        put: 'and (true or (g.stays and exists (',
      },
    ],
  },
  'a custodian that has confirmed a consent has confirmed whatever it says later': {
    suite: 'onJointConsents',
    edits: [
      {
        file: 'src/interactions/to-writes.ts',
        find: '!isWidened(JSON.parse(before.body)',
        put: '!Number.isNaN(JSON.parse(before.body)',
      },
    ],
  },
  'more recipients do not widen a consent': {
    suite: 'onJointConsents',
    edits: [
      {
        file: consent,
        find: 'recipientsIn(after.provision?.actor).some((recipientId) => !known.has(recipientId))',
        put: 'known.size < 0',
      },
    ],
  },
  'a custodian that is asked sees all that the recorder keeps': {
    suite: 'onJointConsents',
    edits: [
      {
        file: visibility,
        find: '(opening.resource = ${row}.key and opening.consent_version = ${row}.version_id)',
        put: 'true',
      },
    ],
  },
  'a custodian that is asked sees every version': {
    suite: 'onJointConsents',
    edits: [{ file: visibility, find: ' and opening.consent_version = ${row}.version_id', put: '' }],
  },
  'a custodian that is asked sees whom it does not know': {
    suite: 'onJointConsents',
    edits: [{ file: visibility, find: " or ${row}.type = 'Consent'\n", put: '\n' }],
  },
  'what a withdrawn consent opened stays open': {
    suite: 'onConsent',
    edits: [
      {
        file: writeConsents,
        find: "delete from sharing_grant where consent in (select w.key from w where w.type = 'Consent' and w.follows is not null)",
        put: 'delete from sharing_grant where false',
      },
    ],
  },
  'what a consent denies is given by another': {
    suite: 'onDenials',
    edits: [
      { file: visibility, find: 'and (opening.resource is not null or ${isExcluded(reader, row)} is null)', put: '' },
    ],
  },
  'a denial counts for the Consents of its custodian alone': {
    suite: 'onDenials',
    edits: [
      {
        file: visibility,
        find: 'where barring.person = ${row}.person and barring.starts_at',
        put: 'where barring.consent = opening.consent and barring.starts_at',
      },
    ],
  },
  'a denial of an organization leaves out the units below it': {
    suite: 'onDenials',
    edits: [
      {
        file: visibility,
        find: 'or barring.recipients && array(select above.covering from party_coverage above where above.covered = ${reader.party}))',
        put: 'or ${reader.party} = any (barring.recipients))',
      },
    ],
  },
  'an earlier version is not denied by what its resource is labelled now': {
    suite: 'onDenials',
    edits: [{ file: visibility, find: 'said.is_current or said.version_id', put: 'said.version_id' }],
  },
  'a version is not denied by what it was labelled itself': {
    suite: 'onDenials',
    edits: [
      { file: visibility, find: 'said.is_current or said.version_id = ${row}.version_id', put: 'said.is_current' },
    ],
  },
  'labels are not noted': {
    suite: 'onDenials',
    edits: [
      {
        file: writeConsents,
        find: 'select w.key, w.version_id, l.label, true\n',
        put: "select w.key, w.version_id, '', true\n",
      },
    ],
  },
  'what is denied is explained to whom it is denied': {
    suite: 'onDenials',
    edits: [
      {
        file: 'src/store/explain.ts',
        find: 'case when a.key = 0 or a.custodian = ${reader.party} or ${reader.person} is not null then',
        put: 'case when true then',
      },
    ],
  },
  'a Consent shows to whom another one opens something': {
    suite: 'onConsent',
    edits: [{ file: visibility, find: "(${row}.type <> 'Consent' or opening.consent = ${row}.key)", put: 'true' }],
  },
  'what an individual keeps is opened by another’s word': {
    suite: 'onIndividuals',
    edits: [
      {
        file: consent,
        find: 'recorderId === byIndividual || custodianId === recorderId',
        put: 'custodianId === byIndividual || custodianId === recorderId',
      },
    ],
  },
  'an individual sees what is not for the patient': {
    suite: 'onIndividuals',
    edits: [
      { file: visibility, find: '${bears(row, sql`said.label = ${notForPatient}`)} is null end', put: 'true end' },
    ],
  },
  'an individual sees what is about anybody': {
    suite: 'onIndividuals',
    edits: [
      {
        file: visibility,
        find: 'case when ${row}.person = ${reader.person} then',
        put: 'case when ${reader.person} > 0 then',
      },
    ],
  },
  'references in what an individual sees lead to what is not for the patient': {
    suite: 'onIndividuals',
    edits: [{ file: visibility, find: 'or ${reader.person} is not null or', put: 'or' }],
  },
  'an individual is told of every event': {
    suite: 'onIndividuals',
    edits: [
      {
        file: visibility,
        find: 'sql`${name(alias)}.viewer = coalesce(${reader.party}, - ${reader.person})`',
        put: 'sql`(${name(alias)}.viewer = ${reader.party} or ${reader.person} > 0 and ${name(alias)}.viewer < 0)`',
      },
    ],
  },
  'an individual is told by the log of what is not for the patient': {
    suite: 'onIndividuals',
    edits: [{ file: visibility, find: "then ${hasTarget(address, visible(reader, 't'))} end", put: 'then true end' }],
  },
  'where a protected person is, is told': {
    suite: 'onProtected',
    edits: [{ file: visibility, find: 'else ${isProtected(row)} end', put: 'else false end' }],
  },
  'a protected person is found by name and address': {
    suite: 'onProtected',
    edits: [
      {
        file: 'src/store/search-filters.ts',
        find: 'return tellsOfPerson(filter, types) ?',
        put: 'return reader === undefined ?',
      },
    ],
  },
  'a protected person is found by the index of names and addresses': {
    suite: 'onProtected',
    edits: [
      {
        file: 'src/store/search-candidates.ts',
        find: 'met !== undefined && mayTell(met, types)',
        put: 'met !== undefined && !mayTell(met, types)',
      },
    ],
  },
  'an order tells where a protected person is': {
    suite: 'onProtected',
    edits: [
      {
        file: 'src/store/search-candidates.ts',
        find: 'return isSortedByPerson(key.param, type)',
        put: 'return !isSortedByPerson(key.param, type)',
      },
    ],
  },
  'a chain tells where a protected person is called to': {
    suite: 'onProtected',
    edits: [
      {
        file: 'src/store/search-filters.ts',
        find: "\n          and ${showsPlace(reader, alias, 'x')} limit 1)",
        put: ' limit 1)',
      },
    ],
  },
  'a place that is included tells where a protected person is called to': {
    suite: 'onProtected',
    edits: [
      {
        file: 'src/store/search-includes.ts',
        find: "and (x.target_type <> 'Location' or not (select ${isPlaceHidden(reader, 'o')} from resource o where o.key = f.key))",
        put: '',
      },
    ],
  },
  'what is included with a place tells who is called to it': {
    suite: 'onProtected',
    edits: [
      {
        file: 'src/store/search-includes.ts',
        find: "sql`(f.type <> 'Location' or not ${isPlaceHidden(reader, 'r')})`,",
        put: '',
      },
    ],
  },
  '$everything brings the places of a protected person': {
    suite: 'onProtected',
    edits: [
      {
        file: 'src/store/everything.ts',
        find: " and (s.target_type <> 'Location' or not a.is_place_hidden)",
        put: '',
      },
    ],
  },
  'who lives with a protected person is shown': {
    suite: 'onProtected',
    edits: [
      {
        file: visibility,
        find: 'or not ${isProtected(row)} or ${bears(row, sql`said.label = ${holdsAddress}`)} is null)',
        put: 'or true)',
      },
    ],
  },
  'references lead to who lives with a protected person': {
    suite: 'onProtected',
    edits: [{ file: visibility, find: ' or ${isProtected(row)}\n', put: '\n' }],
  },
  'a Consent opens plans that were closed before it began': {
    suite: 'onClosedPlans',
    edits: [{ file: visibility, find: 'past.closed_at < opening.starts_at limit 1', put: 'false limit 1' }],
  },
  'references lead to what belongs to closed plans': {
    suite: 'onClosedPlans',
    edits: [
      {
        file: visibility,
        find: 'or (select true from closed_member past where past.person = ${row}.person limit 1) is not null',
        put: '',
      },
    ],
  },
  'what is written to a closed plan later is open': {
    suite: 'onClosedPlans',
    edits: [
      {
        file: 'src/store/write-statement.ts',
        find: 'exists (select from closed_plan c where c.person = w.person)',
        put: 'false',
      },
    ],
  },
  'a plan that was closed already is closed anew by each version': {
    suite: 'onClosedPlans',
    edits: [{ file: 'src/store/write-plans.ts', find: 'least(c.closed_at, o.closed_at)', put: 'c.closed_at' }],
  },
  'references to what is denied stay in what shows': {
    suite: 'onDenials',
    edits: [
      {
        file: visibility,
        find: 'or (select true from sharing_exclusion barring where barring.person = ${row}.person limit 1) is not null)',
        put: 'or false)',
      },
    ],
  },
};

let results: ReadonlyMap<string, Result>;

beforeAll(async () => {
  results = await playPlanted('leaks', plants);
}, 900_000);

test('the hub as it is passes the suite', () => {
  expect(results.get(unplanted)).toMatchObject({ leaks: [] });
});

test.each(Object.entries(plants))('is found: %s', (name, { suite }) => {
  const result = results.get(name);
  expect(result?.fault).toBeUndefined();
  expect([suite, result?.leaks]).not.toEqual([suite, []]);
});
