import type { LiveRoute } from '../live/snapshot.js';
import type { LiveChange } from '../live/snapshot-store.js';
import { cidrContainsIp, parseCidr } from '../net/cidr.js';
import { parseIp } from '../net/ip.js';
import type { OffRamps } from '../offramps/contract.js';
import type { Target } from './targets.js';

type HasTarget = { readonly target: Target };

/** Those whose address a route that has changed covers or has covered. */
export function coveredByChangedRoutes<W extends HasTarget>(
  watches: Iterable<W>,
  changes: readonly LiveChange[],
): W[] {
  const routes = changes
    .filter((change): change is LiveChange<'route'> => change.noun === 'route')
    .filter(({ before, after }) => !(before && after && leadsTheSame(before, after)))
    .flatMap(({ before, after }) => [before, after])
    .filter((route) => route !== undefined)
    .map(({ virtualNetworkId, network }) => ({ virtualNetworkId, cidr: parseCidr(network) }));
  if (routes.length === 0) return [];
  return [...watches].filter(({ target: { origin } }) => {
    const ip = origin.ip === null ? null : parseIp(origin.ip);
    return routes.some(
      ({ virtualNetworkId, cidr }) =>
        ip && cidr && virtualNetworkId === origin.virtualNetworkId && cidrContainsIp(cidr, ip),
    );
  });
}

function leadsTheSame(a: LiveRoute, b: LiveRoute): boolean {
  return a.network === b.network && a.virtualNetworkId === b.virtualNetworkId && a.tunnelId === b.tunnelId;
}

/** Those that the way through `tunnelId` leads to, or that have lost theirs now that it has no connection. */
export function dependingOnTunnel<W extends HasTarget>(
  watches: Iterable<W>,
  tunnelId: string,
  offramps: OffRamps,
): W[] {
  return [...watches].filter(({ target }) => {
    const way = offramps.select(target.origin);
    return way.kind === 'tunnel'
      ? way.tunnelId === tunnelId
      : way.kind === 'none' && way.failure === 'no_connection';
  });
}
