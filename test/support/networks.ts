import { type Api, apiOf } from './api.js';
import { type RunningOfframp, startOfframp } from './offramp.js';

/** Two virtual networks whose routes cover 10.0.0.0/8, 8.8.8.0/24 and fd00::/8, and one that has no route. */
export interface Networks {
  readonly east: string;
  readonly west: string;
  readonly empty: string;
}

export interface OfframpWithNetworks {
  readonly offramp: RunningOfframp;
  readonly api: Api;
  readonly networks: Networks;
}

const COVERED = ['10.0.0.0/8', '8.8.8.0/24', 'fd00::/8'];

/** Starts a program whose account has routed virtual networks. */
export async function startWithNetworks(flags: readonly string[] = []): Promise<OfframpWithNetworks> {
  const offramp = await startOfframp(flags);
  const api = apiOf(offramp);
  const networkId = async (name: string): Promise<string> =>
    (await api.create('@/teamnet/virtual_networks', { name })).id;
  const networks = {
    east: await networkId('east'),
    west: await networkId('west'),
    empty: await networkId('empty'),
  };
  const tunnel = await api.create('@/cfd_tunnel', { name: 'tunnel' });
  for (const virtual_network_id of [networks.east, networks.west])
    for (const network of COVERED)
      await api.create('@/teamnet/routes', { network, virtual_network_id, tunnel_id: tunnel.id });
  return { offramp, api, networks };
}
