// What the operator does to a client while it is at work.
import { carryOutClientCommand, type ClientCommand } from '../../src/auth/clients.ts';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { TestHub } from '../scenarios/test-hub.ts';

interface Claims {
  readonly client_id: string;
  readonly extensions: { readonly sip_hub: { readonly client_key: string; readonly organization: string } };
}

function claimsOf({ token }: VendorSystem): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Claims;
}

export const clientIdOf = (system: VendorSystem): string => claimsOf(system).client_id;

/** The thumbprint of the key that the token was asked for with. */
export const thumbprintOf = (system: VendorSystem): string => claimsOf(system).extensions.sip_hub.client_key;

/** The id of the Organization that the system acts for. */
export const organizationIdOf = (system: VendorSystem): string => claimsOf(system).extensions.sip_hub.organization;

export async function commandClient({ hub, now }: TestHub, command: ClientCommand): Promise<void> {
  await carryOutClientCommand(command, { database: hub.database, clock: now, allowLoopbackJwks: true });
}
