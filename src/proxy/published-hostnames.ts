import type { Named } from '../bridge/reports.js';
import { tunnelHostname } from '../net/hostnames.js';
import type { LiveOrigin, LivePublishedHostname } from '../state/snapshot.js';

/** Where requests to a published host name go: one place, without pools, health or sessions. */
export interface OnlyPlan {
  /** A name for the counts; there is no such pool. */
  readonly pool: Named;
  readonly origin: LiveOrigin;
  readonly startsSession: false;
}

/** A host name that leads to the ingress rules of a tunnel. */
export interface PublishedHostname {
  readonly id: string;
  readonly name: string;
  /** '' without a zone. */
  readonly zoneName: string;
  readonly plan: OnlyPlan;
  /** There is nowhere else. */
  moveOn(): false;
  leaveDown(): false;
  /** With one place there is nothing to bind a client to. */
  sessionCookie(): null;
}

const moveOn = () => false as const;
const sessionCookie = () => null;

export function publishedHostname(live: LivePublishedHostname): PublishedHostname {
  const { id, accountId, hostname, zoneName, tunnelId } = live;
  const address = tunnelHostname(tunnelId);
  const origin: LiveOrigin = {
    key: address,
    accountId,
    name: address,
    address,
    ip: null,
    enabled: true,
    disabledAt: null,
    weight: 1,
    port: 0,
    host: null,
    virtualNetworkId: null,
    flattenCname: false,
  };
  const plan: OnlyPlan = { pool: { id, name: hostname }, origin, startsSession: false };
  return { id, name: hostname, zoneName, plan, moveOn, leaveDown: moveOn, sessionCookie };
}
