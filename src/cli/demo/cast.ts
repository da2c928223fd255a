import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Offramp } from '../../app/offramp.js';
import { startConnector } from '../../tunnel/connector/connector.js';
import type { Connector } from '../../tunnel/connector/contract.js';
import type { ApiClient } from './api-client.js';
import { type SmallOrigin, startSmallOrigin } from './small-origin.js';

/** Who plays in the demo: three private addresses behind one connector, and what the API was told about them. */
export interface Cast {
  readonly origins: {
    readonly blue: SmallOrigin;
    readonly green: SmallOrigin;
    readonly standby: SmallOrigin;
  };
  readonly connector: Connector;
  readonly networkId: string;
  readonly mainPoolId: string;
  readonly host: string;
}

export const ADDRESSES = { blue: '10.0.0.9', green: '10.0.0.1', standby: '10.0.0.2' } as const;

/** Creates everything through the REST API and starts the origins and the connector. */
export async function assemble(offramp: Offramp, api: ApiClient, log: Logger): Promise<Cast> {
  const account = `/accounts/${offramp.accountId}`;
  const origins = {
    blue: await startSmallOrigin('blue'),
    green: await startSmallOrigin('green'),
    standby: await startSmallOrigin('standby'),
  };
  const network = await api('POST', `${account}/teamnet/virtual_networks`, { name: 'datacentre' });
  const tunnel = await api('POST', `${account}/cfd_tunnel`, { name: 'datacentre-connector' });
  await api('POST', `${account}/teamnet/routes`, {
    network: '10.0.0.0/24',
    tunnel_id: tunnel.id,
    virtual_network_id: network.id,
  });
  const connector = startConnector({
    token: await api('GET', `${account}/cfd_tunnel/${tunnel.id}/token`),
    edge: [offramp.edge],
    ca: await readFile(offramp.edgeCa, 'utf8'),
    map: new Map(
      Object.entries(origins).map(([name, { port }]) => [
        `${ADDRESSES[name as keyof typeof ADDRESSES]}:80`,
        `127.0.0.1:${port}`,
      ]),
    ),
    connections: 2,
    log,
  });
  await connector.ready;
  const monitor = await api('POST', `${account}/load_balancers/monitors`, {
    type: 'http',
    expected_codes: '200',
    interval: 1,
    timeout: 1,
    retries: 0,
  });
  const pool = async (name: string, origin: string, address: string) =>
    await api('POST', `${account}/load_balancers/pools`, {
      name,
      monitor: monitor.id,
      origins: [{ name: origin, address, virtual_network_id: network.id }],
    });
  const main = await pool('main', 'origin-0', ADDRESSES.blue);
  const standby = await pool('standby', 'origin-2', ADDRESSES.standby);
  const host = `www.${offramp.domain}`;
  await api('POST', `/zones/${offramp.zoneId}/load_balancers`, {
    name: host,
    default_pools: [main.id, standby.id],
    fallback_pool: standby.id,
    proxied: true,
  });
  return { origins, connector, networkId: network.id, mainPoolId: main.id, host };
}
