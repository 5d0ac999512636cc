// Persons log in at an external OpenID provider: the whole way with a real one on loopback, and everything that must not let anybody in.
// https://openid.net/specs/openid-connect-core-1_0.html · https://oidc.se/specifications/swedish-oidc-claims-specification-1_0.html
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ClientSummary } from '../src/auth/clients.ts';
import { toAuthorizationAddresses } from '../src/auth/addresses.ts';
import type { LogInProvider } from '../src/auth/log-in-providers.ts';
import { toPatientId } from '../src/auth/person-number.ts';
import type { Database } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPglite } from '../src/store/pglite.ts';
import { startAuthorizationHub, testHubKey } from './authorization/authorization-hub.ts';
import { openBrowser, type Browser, type Visit } from './authorization/browser.ts';
import {
  coordinationClaim,
  loa3,
  numberClaim,
  numberScope,
  startExternalProvider,
  type ExternalProvider,
} from './authorization/external-provider.ts';
import { addApp, beginLogIn, exchangeCode } from './authorization/log-in-person.ts';

const person = '191212121212';
const other = '195009072553';
const coordination = '196109732393';

let database: Database;
let hub: Awaited<ReturnType<typeof startAuthorizationHub>>;
let bankId: ExternalProvider;
let userinfo: ExternalProvider;
let app: ClientSummary;

const toProvider = (provider: ExternalProvider, name: string): LogInProvider => ({
  issuer: provider.issuer,
  name,
  clientId: provider.clientId,
  credential: { privateJwk: { ...provider.privateJwk } },
  scope: `openid ${numberScope}`,
  numberClaims: [numberClaim, coordinationClaim],
  acr: [loa3],
});

const openPersonBrowser = () => openBrowser(hub.publicUrl, [bankId.issuer, userinfo.issuer]);

/** Chooses the provider on the page. */
function choose(browser: Browser, page: Visit, index: number): Promise<Visit> {
  const [, href = ''] = new RegExp(`href="([^"]+/at/${index})"`).exec(page.text) ?? [];
  if (href === '') throw new Error(`No provider ${index} at ${page.address}: ${page.text}`);
  return browser.open(new URL(href, page.address).href);
}

async function logInAt(index: number, browser = openPersonBrowser()): Promise<Visit> {
  return choose(browser, await browser.open(beginLogIn(hub.publicUrl, app.clientId).address), index);
}

const countSessions = async (): Promise<number> => {
  const [row] = await database.query<{ count: number }>({
    text: "select count(*)::int as count from authorization_payload where model = 'Session' and payload ? 'accountId'",
  });
  return row?.count ?? -1;
};

beforeAll(async () => {
  database = await openPglite({ folder: undefined });
  await migrate(database);
  let callback = '';
  // The hub's address is known when it listens, and the providers' before it does: the same port is taken twice.
  const first = await startAuthorizationHub(database);
  callback = toAuthorizationAddresses(first.publicUrl).logInCallback;
  const { port } = new URL(first.publicUrl);
  await first.stop();
  bankId = await startExternalProvider({ redirectUri: () => callback });
  userinfo = await startExternalProvider({ redirectUri: () => callback, claimsIn: 'userinfo' });
  const silent = { ...toProvider(bankId, 'Tyst'), issuer: 'http://127.0.0.1:9' };
  hub = await startAuthorizationHub(database, {
    port: Number(port),
    signInMethod: {
      kind: 'providers',
      providers: [toProvider(bankId, 'BankID'), toProvider(userinfo, 'Freja'), silent],
    },
  });
  app = await addApp(database);
});

beforeEach(() => {
  for (const provider of [bankId, userinfo])
    Object.assign(provider.says, { claims: { [numberClaim]: person }, acr: loa3, fails: false });
});

afterAll(async () => {
  await hub.stop();
  await bankId.stop();
  await userinfo.stop();
  await database.close();
});

describe('a person logs in at a provider', () => {
  test('and the app gets a token for that person', async () => {
    const browser = openPersonBrowser();
    const attempt = beginLogIn(hub.publicUrl, app.clientId);
    const page = await browser.open(attempt.address);
    expect(page.text).toContain('Logga in med BankID');
    expect(page.text).not.toContain('name="person"');
    const approval = await choose(browser, page, 0);
    expect(approval.text).toContain('Får Min plan se din plan?');
    const visit = await browser.submit(approval, { answer: 'yes' });
    const { body } = await exchangeCode(hub.publicUrl, app.clientId, { visit, attempt });
    expect(body.patient).toBe(toPatientId(person, testHubKey));
    expect((await hub.readToken(`Bearer ${body.access_token}`)).kind).toBe('individual');
    expect([...browser.cookies.keys()].filter((key) => key.endsWith('@sip_hub_log_in'))).toEqual([]);
  });

  test('where the number is told by userinfo alone', async () => {
    expect((await logInAt(1)).text).toContain('Får Min plan se din plan?');
    expect(userinfo.asked).toContain('/me');
  });

  test('with a samordningsnummer', async () => {
    bankId.says.claims = { [coordinationClaim]: coordination };
    expect((await logInAt(0)).text).toContain('Får Min plan se din plan?');
  });

  test('and somebody else in the same browser afterwards: the session is theirs', async () => {
    const browser = openPersonBrowser();
    await logInAt(0, browser);
    bankId.says.claims = { [numberClaim]: other };
    const attempt = beginLogIn(hub.publicUrl, app.clientId, { prompt: 'login' });
    const approval = await choose(browser, await browser.open(attempt.address), 0);
    const visit = await browser.submit(approval, { answer: 'yes' });
    const { body } = await exchangeCode(hub.publicUrl, app.clientId, { visit, attempt });
    expect(body.patient).toBe(toPatientId(other, testHubKey));
  });

  test('the hub asks with PKCE, nonce, state, the level it needs, and a new log-in', async () => {
    const stay = openBrowser(hub.publicUrl);
    const page = await stay.open(beginLogIn(hub.publicUrl, app.clientId).address);
    const { searchParams } = new URL((await choose(stay, page, 0)).address);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'sip-hub',
      redirect_uri: hub.addresses.logInCallback,
      scope: `openid ${numberScope}`,
      acr_values: loa3,
      prompt: 'login',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
  });
});

describe('nobody is let in, and the log says why without saying who', () => {
  const refusals: readonly (readonly [string, Partial<ExternalProvider['says']>, object, string])[] = [
    ['no number', { claims: {} }, { event: 'login-claim-missing', fault: 'missing' }, 'lämnade inte de uppgifter'],
    [
      'a number with a wrong check digit',
      { claims: { [numberClaim]: '191212121213' } },
      { event: 'login-claim-missing', fault: 'malformed', claim: numberClaim },
      'lämnade inte de uppgifter',
    ],
    [
      'ten digits',
      { claims: { [numberClaim]: '1212121212' } },
      { event: 'login-claim-missing', fault: 'malformed' },
      'lämnade inte de uppgifter',
    ],
    [
      'a number that is none',
      { claims: { [numberClaim]: 191212121212 } },
      { event: 'login-claim-missing', fault: 'malformed' },
      'lämnade inte de uppgifter',
    ],
    [
      'a malformed number beside a good one',
      { claims: { [numberClaim]: 'x', [coordinationClaim]: coordination } },
      { event: 'login-claim-missing', fault: 'malformed' },
      'lämnade inte de uppgifter',
    ],
    ['a lower level', { acr: 'low' }, { event: 'login-acr-refused' }, 'lyckades inte'],
    ['no level', { acr: undefined }, { event: 'login-acr-refused' }, 'lyckades inte'],
    ['a no', { fails: true }, { event: 'login-failed' }, 'lyckades inte'],
  ];
  test.each(refusals)('the provider gives %s', async (_name, says, logged, words) => {
    Object.assign(bankId.says, says);
    const before = await countSessions();
    const browser = openPersonBrowser();
    const visit = await logInAt(0, browser);
    expect(visit.status).toBe(400);
    expect(visit.text).toContain(words);
    expect(JSON.parse(hub.logged.at(-1) ?? '')).toMatchObject({ ...logged, issuer: bankId.issuer });
    expect(hub.logged.at(-1)).not.toMatch(/1212121/);
    expect(await countSessions()).toBe(before);
    expect((await browser.open(beginLogIn(hub.publicUrl, app.clientId).address)).text).toContain('BankID');
  });

  test('a provider that does not answer', async () => {
    expect((await logInAt(2)).text).toContain('lyckades inte');
    expect(hub.logged.at(-1)).toContain('login-provider-unavailable');
  });
});

describe('the way back', () => {
  /** Stops at the provider's door: gives the browser, and where the provider would send it. */
  async function comeBack(): Promise<{ browser: Browser; address: URL }> {
    const browser = openBrowser(hub.publicUrl);
    const page = await browser.open(beginLogIn(hub.publicUrl, app.clientId).address);
    const out = await choose(browser, page, 0);
    const foreign = openBrowser(bankId.issuer);
    const back = await foreign.open(out.address);
    return { browser, address: new URL(back.address) };
  }

  test('is for the browser that left', async () => {
    const { browser, address } = await comeBack();
    expect((await openPersonBrowser().open(address.href)).text).toContain('Det tog för lång tid');
    expect((await browser.open(address.href)).text).toContain('Får Min plan');
  });

  test('is gone once', async () => {
    const { browser, address } = await comeBack();
    expect((await browser.open(address.href)).text).toContain('Får Min plan');
    expect((await browser.open(address.href)).status).toBe(400);
  });

  test.each([
    ['another state', (query: URLSearchParams) => query.set('state', 'x'.repeat(43))],
    ['no state', (query: URLSearchParams) => query.delete('state')],
    ['another issuer', (query: URLSearchParams) => query.set('iss', 'https://evil.example')],
    ['no issuer', (query: URLSearchParams) => query.delete('iss')],
    ['another code', (query: URLSearchParams) => query.set('code', 'x')],
  ])('with %s is refused', async (_name, change) => {
    const { browser, address } = await comeBack();
    change(address.searchParams);
    const visit = await browser.open(address.href);
    expect([visit.status, visit.text.includes('Får Min plan')]).toEqual([400, false]);
  });

  test("with another browser's attempt in the cookie is refused", async () => {
    const [mine, theirs] = [await comeBack(), await comeBack()];
    expect((await mine.browser.open(theirs.address.href)).status).toBe(400);
    const key = [...theirs.browser.cookies.keys()].find((known) => known.endsWith('@sip_hub_log_in')) ?? '';
    const { value, path } = theirs.browser.cookies.get(key) ?? { value: '', path: '' };
    theirs.browser.cookies.set(key, { value: value.replace(/\.\d+$/, '.1'), path });
    expect((await theirs.browser.open(theirs.address.href)).status).toBe(400);
  });
});

test('neither number, nonce, verifier nor token of the provider is kept or logged', async () => {
  await logInAt(0);
  const rows = await database.query<{ row: string }>({ text: 'select t::text as row from authorization_payload t' });
  const kept = [...rows.map(({ row }) => row), ...hub.logged].join('\n');
  expect(kept).not.toMatch(/(?:18|19|20)\d{10}|eyJ[\w-]{10}/);
});
