// How the register of clients is shown to people. What scripts read is --json.
import type { ClientCommand, ClientSummary } from '../auth/clients.ts';

/** One block a client, with what to do next where a client was added. */
export function formatClients(command: ClientCommand['kind'], clients: readonly ClientSummary[]): string {
  if (clients.length === 0) return 'No clients are registered. Add one with: sip-hub client add\n';
  const blocks = clients.map(formatClient).join('\n');
  if (command !== 'add') return blocks;
  if (clients.every(({ kind, keys, jwksUri }) => kind === 'app' && keys.length === 0 && jwksUri === undefined))
    return `${blocks}\nThe app sends its client id in each request, and PKCE (S256).\n`;
  return `${blocks}\nThe client signs its assertions with iss and sub = client id, and kid as shown.\n`;
}

function formatClient(client: ClientSummary): string {
  const organizations = client.organizations.map(
    ({ source, name }) => `${source ?? 'no identifier'}${name === undefined ? '' : `  ${name}`}`,
  );
  const keys = client.keys.map(({ thumbprint, kid, algorithm, enabled }) => {
    const marks = [algorithm, ...(enabled ? [] : ['disabled'])].join(', ');
    return kid === thumbprint ? `${thumbprint} (${marks})` : `${thumbprint} (${marks}, kid ${kid})`;
  });
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['client id', [client.clientId]],
    ['name', [client.name]],
    ['kind', [kindWords[client.kind]]],
    ['state', [client.enabled ? 'enabled' : 'disabled']],
    ['scopes', [client.scope]],
    ['acts for', organizations],
    ['sent back to', client.redirectUris],
    ['JWKS address', client.jwksUri === undefined ? [] : [client.jwksUri]],
    ['keys', keys],
    ['since', [client.createdAt]],
  ];
  return lines
    .map(([label, values]) =>
      values.map((value, index) => `${(index === 0 ? label : '').padEnd(14)}${printable(value)}\n`).join(''),
    )
    .join('');
}

const kindWords: Readonly<Record<ClientSummary['kind'], string>> = {
  system: 'system',
  operator: 'operator of the hub',
  app: 'app that persons log in to',
};

/** Names come from others: nothing in them may move the cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?');
