// A person's browser for tests: keeps cookies by path as browsers do, follows redirects within the hub, and stops where it is sent away.

export interface Browser {
  /** Goes to the address and on through redirects of the same origin. */
  readonly open: (address: string) => Promise<Visit>;
  /** Sends the form of a page. */
  readonly submit: (visit: Visit, fields: Readonly<Record<string, string>>) => Promise<Visit>;
  /** By name; to read or to tamper with. */
  readonly cookies: Map<string, Cookie>;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

export interface Visit {
  /** Where the browser is, or where it was sent and did not go: an app. */
  readonly address: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** `origin`: the hub's; every other address is left unvisited unless `followed` names its origin. */
export function openBrowser(origin: string, followed: readonly string[] = []): Browser {
  const cookies = new Map<string, Cookie>();
  const request = async (address: string, init: RequestInit): Promise<Visit> => {
    const url = new URL(address);
    const sent = [...cookies].filter(([, { path }]) => url.pathname.startsWith(path));
    const headers = {
      'sec-fetch-site': 'same-origin',
      cookie: sent.map(([name, { value }]) => `${name.split('@')[1]}=${value}`).join('; '),
    };
    const response = await fetch(url, { ...init, redirect: 'manual', headers });
    for (const line of response.headers.getSetCookie()) keep(cookies, line, url);
    const location = response.headers.get('location');
    if (location === null) {
      return { address, status: response.status, text: await response.text(), headers: response.headers };
    }
    const next = new URL(location, address);
    if (next.origin === origin || followed.includes(next.origin)) return request(next.href, { method: 'GET' });
    return { address: next.href, status: response.status, text: '', headers: response.headers };
  };
  return {
    cookies,
    open: (address) => request(address, { method: 'GET' }),
    submit: (visit, fields) => {
      const action = /<form method="post" action="([^"]+)"/.exec(visit.text)?.[1];
      if (action === undefined) throw new Error(`No form at ${visit.address}: ${visit.status} ${visit.text}`);
      return request(new URL(action, visit.address).href, { method: 'POST', body: new URLSearchParams(fields) });
    },
  };
}

function keep(cookies: Map<string, Cookie>, line: string, { host }: URL): void {
  const [pair = '', ...attributes] = line.split(/; */);
  const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/';
  const key = `${host}@${name}`;
  if (value === '') cookies.delete(key);
  else cookies.set(key, { value, path });
}
