// demo: the main story over HTTP, with real tokens and real FHIR requests, on a hub of its own in a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startHub, type RunningHub } from '../../app.ts';
import { toAuthorizationAddresses } from '../../auth/addresses.ts';
import { carryOutClientCommand } from '../../auth/clients.ts';
import { readConfig } from '../../config.ts';
import { systemClock } from '../../core/clock.ts';
import { createLog } from '../../core/log.ts';
import { aborted } from '../serve.ts';
import type { CommandContext } from '../run-command.ts';
import { printHeading, printStep } from './print.ts';
import { readExample, tellStory, type Memory } from './story.ts';
import { makeKeyPair, signIn, type VendorSystem } from './vendor-system.ts';

const careCentre = { name: "Region's system (Ängskullens vårdcentral)", hsaId: 'SE2321000024-1020' };
const homeCare = { name: "Municipality's system (Hemvården Ängskullen)", hsaId: 'SE2120003005-2011' };

/** 0 when every step came out as it should. Without --exit the hub then stays up until it is stopped. */
export async function demo(context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...context.arguments],
    options: { exit: { type: 'boolean', default: false } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-demo-'));
  const { write } = context;
  printHeading(write, 'sip-hub: two systems share one plan');
  write('Starting a hub on the embedded database, in a temporary folder …\n');
  // A free port where --exit is given, so that the demo runs beside whatever else does.
  const settings = readConfig({ SIP_HUB_DATA: folder });
  const log = createLog({ least: 'warn', now: systemClock, write: context.writeError });
  const hub = await startHub({ ...settings, port: values.exit ? 0 : context.config.port }, { log });
  try {
    write(`It answers at ${hub.services.baseUrl}\n`);
    const parties = await register(hub, write);
    const { faults, seen } = await play(parties, write);
    printHeading(
      write,
      faults === 0 ? 'Every step came out as it should.' : `${faults} steps did not come out as they should.`,
    );
    if (!values.exit) {
      printTryIt(hub, parties, { seen, write });
      await aborted(context.stopping);
    }
    return faults === 0 ? 0 : 1;
  } finally {
    await hub.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Parties {
  readonly region: VendorSystem;
  readonly municipality: VendorSystem;
}

/** The operator's part: the organizations, and a client for each of the two systems. */
async function register(hub: RunningHub, write: (text: string) => void): Promise<Parties> {
  printHeading(write, 'Before the story: the operator registers who may take part');
  const operator = await connect(hub, { name: 'Operator', hsaId: undefined });
  const directory = await operator.call({ method: 'POST', path: '', body: readExample('directory.json') });
  if (directory.status !== 200) throw new Error(`The directory was refused: ${directory.text}`);
  write('   The directory of organizations is loaded (examples/directory.json).\n');
  const region = await connect(hub, careCentre);
  const municipality = await connect(hub, homeCare);
  for (const { name, hsaId } of [careCentre, homeCare])
    write(`   ${name} may act for ${hsaId}, and has a token for 300 seconds.\n`);
  return { region, municipality };
}

async function connect(
  hub: RunningHub,
  party: { readonly name: string; readonly hsaId: string | undefined },
): Promise<VendorSystem> {
  const { privateKey, publicJwk } = await makeKeyPair();
  const scope = party.hsaId === undefined ? 'system/Organization.cruds' : 'system/*.cruds';
  const [client] = await carryOutClientCommand(
    {
      kind: 'add',
      name: party.name,
      client: party.hsaId === undefined ? 'operator' : 'system',
      organizations: party.hsaId === undefined ? [] : [party.hsaId],
      scope,
      keys: [JSON.stringify(publicJwk)],
      jwksUri: undefined,
    },
    { database: hub.database, clock: systemClock, allowLoopbackJwks: true },
  );
  if (client === undefined) throw new Error(`${party.name} was not registered.`);
  const { tokenEndpoint } = toAuthorizationAddresses(hub.publicUrl);
  const { baseUrl } = hub.services;
  return signIn({
    name: party.name,
    clientId: client.clientId,
    privateKey,
    baseUrl,
    tokenEndpoint,
    scope,
    organization: party.hsaId,
  });
}

async function play(
  parties: Parties,
  write: (text: string) => void,
): Promise<{ readonly faults: number; readonly seen: Memory }> {
  printHeading(write, 'The story');
  const seen: Memory = new Map();
  let faults = 0;
  let number = 0;
  for (const step of tellStory(parties.region, parties.municipality)) {
    number += 1;
    const call = step.call(seen);
    const answer = await step.who.call(call);
    const fault = step.check(answer, seen);
    if (fault !== undefined) faults += 1;
    const shown = {
      ...call,
      path: call.path.replace(/^https?:\/\/[^/]+\/fhir\//, '').replace(/(_page=.{12}).*/, '$1…'),
    };
    printStep(write, {
      number,
      who: `${step.who.name} ${step.title}`,
      call: shown,
      answer,
      detail: step.detail?.(answer),
      shows: step.shows,
      fault,
    });
  }
  return { faults, seen };
}

function printTryIt(
  hub: RunningHub,
  parties: Parties,
  { seen, write }: { readonly seen: Memory; readonly write: (text: string) => void },
): void {
  const { baseUrl } = hub.services;
  const plan = seen.get('CarePlan') ?? 'CarePlan';
  printHeading(write, 'The hub stays up. Try it yourself (tokens last five minutes; Ctrl-C stops it)');
  write(`
  REGION=${parties.region.token}

  MUNICIPALITY=${parties.municipality.token}

  # What the hub can do
  curl ${baseUrl}/metadata

  # The plan, as the region sees it, and as the municipality does not
  curl -H "Authorization: Bearer $REGION" ${baseUrl}/${plan}
  curl -i -H "Authorization: Bearer $MUNICIPALITY" ${baseUrl}/${plan}

  # All its versions; goals of the person by personal number, newest first
  curl -H "Authorization: Bearer $REGION" ${baseUrl}/${plan}/_history
  curl -H "Authorization: Bearer $REGION" "${baseUrl}/Goal?patient.identifier=http://electronichealth.se/identifier/personnummer|189002029800&_sort=-_lastUpdated"

  # What an error looks like, in Swedish
  curl -H "Authorization: Bearer $REGION" -H "Accept-Language: sv" -H "Content-Type: application/fhir+json" -d '{"resourceType":"CarePlan","staus":"active"}' ${baseUrl}/CarePlan

  Read on: README.md, docs/tutorial.md
`);
}
