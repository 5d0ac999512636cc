// Protected identity (sip.md §4) as checks of the leak suite: a person whom one party has marked, whom a reader sees by the consent of that
// party and of another one that has not marked her. Each check gives what tells the reader where she is.
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { entriesOf, goal, patient, persons, personnummerSystem, readBundle } from '../scenarios/fixtures.ts';
import { hsa, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt } from './answers.ts';
import { organizationIdOf } from './clients.ts';
import { change, create, open, remove, type Written } from './world.ts';

/** In every text that tells where she is. */
const place = 'skyddadplats';
const protectedLabel = { system: 'http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel', code: 'skyddadFolkbokforing' };
const placeId = 'SE2321000024-PLATS';
const placeElsewhere = 'https://other.example/fhir/Location/plats';
const coordinationNumber = '196109732393';
const atHome = {
  address: [{ line: [place], city: place, postalCode: '75310' }],
  telecom: [{ system: 'phone', value: `018-${place}` }],
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${place}</div>` },
};

interface ProtectedWorld {
  readonly ask: Ask;
  readonly keeper: VendorSystem;
  readonly reader: VendorSystem;
  readonly third: VendorSystem;
  readonly person: VendorSystem;
  /** Of the keeper, which has marked it; the third party's, which has not, is newer. */
  readonly registered: Written;
  readonly location: Written;
  readonly appointment: Written;
  readonly living: Written;
  readonly away: Written;
  readonly leading: Written;
  /** At places that are named by identifier, or kept elsewhere. */
  readonly encounter: Written;
  /** The same person by her coordination number, with the third party. */
  readonly other: Written;
}

const worlds = new WeakMap<TestHub, Promise<ProtectedWorld>>();

function worldOf(hub: TestHub): Promise<ProtectedWorld> {
  const known = worlds.get(hub) ?? plant(hub);
  worlds.set(hub, known);
  return known;
}

async function plant(hub: TestHub): Promise<ProtectedWorld> {
  const keeper = await hub.party(hsa.orthopaedics);
  const third = await hub.party(hsa.childPsychiatry);
  const reader = await hub.party(hsa.housingSupport);
  const contact = [{ name: { text: place }, telecom: atHome.telecom }];
  const marked = { ...atHome, contact, meta: { security: [protectedLabel] }, birthDate: '1896-02-02' };
  const { identifier: numbers } = patient(persons.greta);
  const coordination = {
    use: 'official',
    system: 'http://electronichealth.se/identifier/samordningsnummer',
    value: coordinationNumber,
  };
  const identifier = [...(numbers as readonly object[]), coordination];
  const other = await create(
    third,
    patient(persons.greta, { ...atHome, identifier: [coordination], birthDate: '1896-02-02' }),
  );
  const registered = await create(keeper, patient(persons.greta, { ...marked, identifier }));
  const person = registered.address;
  await create(third, patient(persons.greta, { ...atHome, birthDate: '1896-02-02' }));
  const location = await create(keeper, {
    resourceType: 'Location',
    status: 'active',
    name: 'Rum',
    managingOrganization: { reference: `Organization/${organizationIdOf(keeper)}` },
  });
  const relative = { resourceType: 'RelatedPerson', patient: { reference: person }, name: [{ text: 'Nära' }] };
  const relationship = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'GUARD' }] }];
  const living = await create(keeper, { ...relative, relationship, address: atHome.address });
  const away = await create(keeper, { ...relative, relationship });
  const leading = await create(keeper, goal(person, { expressedBy: { reference: living.address, display: place } }));
  const appointment = await create(keeper, {
    ...exampleOf('Appointment'),
    participant: [
      { actor: { reference: person }, status: 'accepted' },
      { actor: { reference: location.address, display: place }, status: 'accepted' },
      {
        actor: {
          type: 'HealthcareService',
          identifier: { system: 'urn:oid:1.2.752.29.4.19', value: hsa.orthopaedics },
          display: place,
        },
        status: 'accepted',
      },
    ],
  });
  const encounter = await create(keeper, {
    ...exampleOf('Encounter'),
    subject: { reference: person },
    hospitalization: { origin: { identifier: { value: placeId } } },
    location: [
      { location: { identifier: { system: 'urn:oid:1.2.752.29.4.19', value: placeId }, display: place } },
      { location: { reference: placeElsewhere } },
    ],
  });
  await open({ by: third, person: other.address, custodian: hsa.childPsychiatry, recipient: hsa.housingSupport });
  await open({ by: keeper, person, custodian: hsa.orthopaedics, recipient: hsa.housingSupport });
  await open({ by: third, person, custodian: hsa.childPsychiatry, recipient: hsa.housingSupport });
  return {
    ask: askAt(hub.baseUrl),
    keeper,
    third,
    reader,
    registered,
    location,
    living,
    away,
    leading,
    appointment,
    encounter,
    other,
    person: await hub.individual(persons.greta),
  };
}

/** A resource of the examples without what it refers to. */
function exampleOf(type: string): { readonly resourceType: string } {
  const found = readBundle('hip-fracture/1-region.json').entry.find(({ resource }) => resource.resourceType === type);
  if (found === undefined) throw new Error(`No example of ${type}.`);
  const { resourceType, ...rest } = found.resource;
  const { id: _id, identifier: _identifier, basedOn: _basedOn, supportingInformation: _info, ...kept } = rest;
  delete kept['participant'];
  const remote = [
    {
      url: 'https://siphub.se/fhir/StructureDefinition/sip-remote-address',
      valueContactPoint: { system: 'url', value: `https://mote.example/${place}` },
    },
  ];
  const extension = ((kept['extension'] ?? []) as readonly { readonly url: string }[]).filter(
    ({ url }) => !url.endsWith('sip-remote-address'),
  );
  return { resourceType, ...kept, extension: type === 'Appointment' ? [...extension, ...remote] : extension } as never;
}

type Look = (path: string) => Promise<Answer>;
type ProtectedCheck = (world: ProtectedWorld, look: Look) => Promise<readonly string[]>;

const tells = ({ text, status }: Answer, words: readonly string[] = [place]): readonly string[] => [
  ...words.filter((word) => text.includes(word)).map((word) => `tells ${word}`),
  ...(status === 200 ? [] : [`status ${status}: nothing to look at`]),
];
const total = (answer: Answer, wanted: number): readonly string[] =>
  answer.body?.['total'] === wanted
    ? []
    : [`${answer.status}, total ${String(answer.body?.['total'])} instead of ${wanted}`];

const checks: Readonly<Record<string, ProtectedCheck>> = {
  'no answer tells where she is': async ({ registered, appointment, leading, encounter, other }, look) => {
    const { address, versionId } = registered;
    const paths = [
      address,
      `${address}/_history`,
      `Patient?_id=${registered.id}`,
      `Patient?identifier=${personnummerSystem}|${persons.greta}`,
      `Patient?_id=${registered.id}&_summary=true`,
      `Patient?_id=${registered.id}&_elements=address`,
      `${address}/$everything?_count=1000`,
      appointment.address,
      `${appointment.address}/_history`,
      `Appointment?_id=${appointment.id}&_include=Appointment:patient`,
      leading.address,
      encounter.address,
      `${encounter.address}/_history`,
      other.address,
      `Goal?patient=${address}&_include=Goal:patient`,
    ];
    const answers = await Promise.all(paths.map((path) => look(path)));
    const older = await look(`${address}/_history/${versionId}`);
    return [
      ...answers.flatMap((answer, at) =>
        tells(answer, [place, placeId, placeElsewhere]).map((told) => `${paths[at]} ${told}`),
      ),
      ...(older.text.includes(place) ? [`the keeper's version tells ${place}`] : []),
    ];
  },
  'what is left out is said to be': async ({ registered }, look) => {
    const { text } = await look(registered.address);
    return [
      ...(text.includes('SUBSETTED') ? [] : ['no SUBSETTED']),
      ...(text.includes(persons.greta) ? [] : ['no identifier']),
    ];
  },
  'she is found by her exact identifier': async (_world, look) =>
    total(await look(`Patient?identifier=${personnummerSystem}|${persons.greta}&_total=accurate`), 1),
  'she is found by nothing that says who or where she is': async ({ registered }, look) => {
    const searches = [
      `address=${place}`,
      `address-city=${place}`,
      'address-postalcode=75310',
      `address:contains=${place.slice(2)}`,
      'address:missing=false',
      'address:missing=true',
      `phone=018-${place}`,
      'telecom:missing=false',
      'family=%C3%96berg',
      'name=%C3%85sa',
      'birthdate=1896-02-02',
      'birthdate:missing=false',
      'gender=female',
      'gender:not=male',
      'identifier:missing=false',
      `identifier=${personnummerSystem}|`,
      'identifier:not=x',
      'organization.name=x',
      `_text=${place}`,
      `_content=${place}`,
      '_content=%C3%96berg',
    ];
    const found = await Promise.all(
      searches.flatMap((search) => [
        look(`Patient?${search}&_total=accurate`),
        look(`Patient?_id=${registered.id}&${search}&_total=accurate`),
      ]),
    );
    const chained = await Promise.all(
      ['family=%C3%96berg', `address-city=${place}`].map((search) =>
        look(`Goal?patient.${search}&patient=${registered.address}&_total=accurate`),
      ),
    );
    return [
      ...found.flatMap((answer, at) => total(answer, 0).map((told) => `${searches[Math.trunc(at / 2)]}: ${told}`)),
      ...chained.flatMap((answer) => total(answer, 0).map((told) => `by a chain: ${told}`)),
    ];
  },
  'nor does an order tell it': async ({ registered, reader, ask }, look) => {
    // Another person, of the reader's own, by whom she would be sorted.
    const own = await create(reader, patient(persons.tolvan, { address: [{ city: 'Arboga' }] }));
    const ids = async (sort: string): Promise<string> =>
      entriesOf(await look(`Patient?_id=${registered.id},${own.id}&_sort=${sort}`))
        .map(({ resource }) => (resource?.id === own.id ? 'own' : 'she'))
        .join();
    const orders = [
      await ids('address-city'),
      await ids('-address-city'),
      await ids('birthdate'),
      await ids('-birthdate'),
    ];
    await ask(reader, {
      method: 'DELETE',
      path: own.address,
      headers: { 'If-Match': `W/"${own.versionId}"` },
    });
    return orders.every((order) => order === 'own,she') ? [] : orders;
  },
  'the places she is called to are not told by searches': async ({ location, appointment, encounter }, look) => {
    const of = `_id=${appointment.id}`;
    const none = [
      `Encounter?location=${placeElsewhere}`,
      `Encounter?_id=${encounter.id}&location=${placeElsewhere}`,
      `Encounter?location:identifier=urn:oid:1.2.752.29.4.19|${placeId}`,
      `Encounter?_id=${encounter.id}&location:identifier=${placeId}`,
      `Encounter?_id=${encounter.id}&location:missing=false`,
      `Appointment?actor=${location.address}`,
      `Appointment?${of}&actor=${location.address}`,
      `Appointment?location=${location.address}`,
      `Appointment?${of}&location=${location.address}`,
      'Appointment?location.name=Rum',
      `Appointment?${of}&location.name=Rum`,
      `Appointment?${of}&location:missing=false`,
      `Location?_id=${location.id}&_has:Appointment:location:_id=${appointment.id}`,
      `Location?_has:Appointment:location:_id=${appointment.id}`,
    ];
    const found = await Promise.all(none.map((path) => look(`${path}&_total=accurate`)));
    const included = await look(`Appointment?${of}&_include=Appointment:location&_include=Appointment:actor`);
    const back = await look(`Location?_id=${location.id}&_revinclude=Appointment:location`);
    return [
      ...found.flatMap((answer, at) => total(answer, 0).map((told) => `${none[at]}: ${told}`)),
      ...tells(included, [location.id]).map((told) => `_include ${told}`),
      ...tells(back, [appointment.id]).map((told) => `_revinclude ${told}`),
    ];
  },
  '$everything brings no place': async ({ registered, location }, look) =>
    tells(await look(`${registered.address}/$everything?_count=1000`), [location.id]),
  'who lives with her is as absent': async ({ living, away, leading }, look) => {
    const hidden = await look(living.address);
    const found = await look(`RelatedPerson?_id=${living.id}&_total=accurate`);
    return [
      ...(hidden.status === 404 ? [] : [`${living.address} gives ${hidden.status}`]),
      ...total(found, 0),
      ...tells(await look(leading.address), [living.id]),
      ...tells(await look(away.address)),
    ];
  },
  'whoever keeps it, and she herself, see all of it': async (world) => {
    const { ask, keeper, third, person, registered, appointment, living, location } = world;
    const has = async (by: VendorSystem, path: string, word: string): Promise<readonly string[]> => {
      const { text } = await ask(by, { method: 'GET', path });
      return text.includes(word) ? [] : [`${by.name} is not told ${word} by ${path}`];
    };
    return [
      ...(await has(keeper, registered.address, place)),
      ...(await has(third, registered.address, place)),
      ...(await has(person, registered.address, place)),
      ...(await has(person, living.address, place)),
      ...(await has(keeper, `Patient?address-city=${place}`, registered.id)),
      ...(await has(person, appointment.address, location.id)),
      ...(await has(keeper, `Appointment?location=${location.address}`, appointment.id)),
    ];
  },
  'a mark counts from its own commit, until a version without it; not until it is deleted': async (world, look) => {
    const { keeper, registered, living } = world;
    const seen = async (): Promise<readonly unknown[]> => {
      const { text } = await look(registered.address);
      return [text.includes(place), (await look(living.address)).status];
    };
    const bare = await change(keeper, registered, { meta: { versionId: '1' } });
    const unmarked = await seen();
    const again = await change(keeper, bare, { meta: { security: [protectedLabel] } });
    const marked = await seen();
    await remove(keeper, again);
    const deleted = await seen();
    return [
      ...(JSON.stringify(deleted) === '[false,404]' ? [] : [`deleted: ${deleted.join()}`]),
      ...(JSON.stringify(unmarked) === '[true,200]' ? [] : [`unmarked: ${unmarked.join()}`]),
      ...(JSON.stringify(marked) === '[false,404]' ? [] : [`marked again: ${marked.join()}`]),
    ];
  },
};

/** For the leak suite. */
export const onProtected: Readonly<Record<string, (world: { readonly hub: TestHub }) => Promise<readonly string[]>>> =
  Object.fromEntries(
    Object.entries(checks).map(([name, check]) => [
      `protected identity: ${name}`,
      async ({ hub }: { readonly hub: TestHub }) => {
        const world = await worldOf(hub);
        return check(world, (path) => world.ask(world.reader, { method: 'GET', path }));
      },
    ]),
  );
