import type { Context } from '../../context.js';
import { listTunnels, tunnelView, warpConnectorView } from '../cloudflared/index.js';
import { STORED_TYPES } from '../tunnel-types.js';
import type { Query } from './schema.js';

/** One page of the tunnels of the types that the query names, or of all, each as its own type shows it. */
export function list(context: Context, accountId: string, { tun_types, ...query }: Query) {
  const types = STORED_TYPES.filter((type) => tun_types?.includes(type) ?? true);
  return listTunnels(context, accountId, types, query, (tunnel, connections) =>
    tunnel.tunType === 'warp_connector' ? warpConnectorView(tunnel) : tunnelView(tunnel, connections),
  );
}
