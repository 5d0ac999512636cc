// A Permit says that access/ has looked: who, what for, judged at which instant. Only access/decide.ts may make one
// (test/architecture.test.ts sees to it); every store function that touches data takes one.
import type { InteractionKind } from './interaction.ts';
import type { Principal } from './principal.ts';

declare const permitBrand: unique symbol;

export interface Permit {
  readonly [permitBrand]: true;
  readonly principal: Principal;
  readonly interaction: InteractionKind;
  /** Consent periods are judged at this instant. */
  readonly at: Date;
  readonly requestId: string;
}

/** Makes a permit. For access/decide.ts alone. */
export function grantPermit(fields: Pick<Permit, 'principal' | 'interaction' | 'at' | 'requestId'>): Permit {
  return fields as Permit;
}
