import { parseCidr } from '../../../net/cidr.js';
import { parseIp } from '../../../net/ip.js';
import type { Route } from '../../../storage/generated/client.js';
import type { Reader } from '../../../storage/tables/definition.js';
import { networkKey } from './definition.js';

/** The route of the virtual network with the longest prefix that covers the address, which is canonical. */
export function coveringRoute(
  { routes }: { readonly routes: Pick<Reader<Route, 'network'>, 'by'> },
  virtualNetworkId: string,
  address: string,
): Route | undefined {
  for (let prefix = parseIp(address)?.family === 6 ? 128 : 32; prefix >= 0; prefix--) {
    const network = parseCidr(`${address}/${prefix}`)!.text;
    const [route] = routes.by('network', networkKey(virtualNetworkId, network));
    if (route) return route;
  }
  return undefined;
}
