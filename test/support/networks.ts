import type { Api } from './api.js';

/** Two virtual networks whose routes cover 10.0.0.0/8, 8.8.8.0/24 and fd00::/8, and one that has no route. */
export interface Networks {
  readonly east: string;
  readonly west: string;
  readonly empty: string;
}

const COVERED = ['10.0.0.0/8', '8.8.8.0/24', 'fd00::/8'];

/** Makes them, with a tunnel. */
export async function createNetworks(api: Api): Promise<Networks> {
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
  return networks;
}
