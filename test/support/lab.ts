import { type Api, apiOf } from './api.js';
import { type ConnectorKind, type ConnectorUnderTest, runConnector } from './connectors.js';
import { closedPort } from './fake-origins.js';
import { type RunningOfframp, startOfframp } from './offramp.js';
import { type OriginProcess, startOriginProcess } from './origin-process.js';
import { eventually } from './waiting.js';

/** What stands in a lab: one virtual network in which a connector reaches 127.0.0.0/8, and origins there. */
export interface Fittings {
  readonly api: Api;
  readonly networkId: string;
  readonly tunnelId: string;
  readonly token: string;
  /** `map` is for ours alone: `10.0.0.1:80=127.0.1.1:9001` and the like. */
  connect(kind?: ConnectorKind, map?: readonly string[]): Promise<ConnectorUnderTest>;
  /** Starts an origin at 127.0.1.<n>, on a free port unless one is given: one monitor can only probe one port. */
  startOrigin(name: string, port?: number): Promise<OriginProcess>;
  /** A monitor that looks at the origin's port every second. */
  createMonitor(origin: OriginProcess): Promise<{ id: string }>;
  /** The origin as a pool names it. */
  member(origin: OriginProcess): Record<string, unknown>;
  createPool(name: string, origins: readonly OriginProcess[], fields?: object): Promise<{ id: string }>;
  createLoadBalancer(host: string, pools: readonly { id: string }[]): Promise<{ id: string }>;
  poolHealth(poolId: string): Promise<Record<string, { healthy: boolean; failure_reason: string }>>;
  close(): Promise<void>;
}

export interface Lab extends Fittings {
  /** Another one after `restart`, at the same addresses. */
  readonly offramp: RunningOfframp;
  /** Ends Offramp and starts it again on the same ports. It keeps nothing unless it was opened with `--data-dir`. */
  restart(): Promise<void>;
}

/** Of every lab. */
export const LAB_FLAGS: readonly string[] = ['--min-monitor-interval', '1'];

type Addresses = Pick<RunningOfframp, 'apiUrl' | 'edge' | 'edgeCa' | 'accountId' | 'zoneId'>;

/** In a program of its own. */
export async function openLab(flags: readonly string[] = []): Promise<Lab> {
  const ports: string[] = [];
  for (const name of ['--port', '--edge-port', '--http-port']) ports.push(name, `${await closedPort()}`);
  const start = () => startOfframp([...LAB_FLAGS, ...ports, ...flags]);
  let offramp = await start();
  const fittings = await fitOut(offramp);
  return {
    ...fittings,
    get offramp() {
      return offramp;
    },
    async restart() {
      await offramp.stop();
      offramp = await start();
    },
    async close() {
      await fittings.close();
      await offramp.stop();
    },
  };
}

/** The lab in a program that runs; its addresses must stay. */
export async function fitOut(offramp: Addresses): Promise<Fittings> {
  const api = apiOf(offramp);
  const closers: (() => Promise<unknown>)[] = [];
  const network = await api.create('@/teamnet/virtual_networks', { name: 'lab' });
  const tunnel = await api.create('@/cfd_tunnel', { name: 'lab-connector' });
  await api.create('@/teamnet/routes', {
    network: '127.0.0.0/8',
    tunnel_id: tunnel.id,
    virtual_network_id: network.id,
  });
  const token = (await api.get(`@/cfd_tunnel/${tunnel.id}/token`)).body.result;
  let lastOctet = 0;
  const member: Lab['member'] = ({ name, address, port }) => ({
    name,
    address,
    port,
    virtual_network_id: network.id,
  });
  return {
    api,
    networkId: network.id,
    tunnelId: tunnel.id,
    token,
    async connect(kind = 'ours', map = []) {
      const connector = await runConnector(kind, offramp, token, map);
      closers.push(() => connector.stop());
      await eventually(
        async () => (await api.get(`@/cfd_tunnel/${tunnel.id}`)).body.result.status === 'healthy',
      );
      return connector;
    },
    async startOrigin(name, port) {
      lastOctet += 1;
      const origin = await startOriginProcess(name, `127.0.1.${lastOctet}`, port);
      closers.push(() => origin.kill());
      return origin;
    },
    createMonitor: ({ port }) =>
      api.create('@/load_balancers/monitors', {
        type: 'http',
        expected_codes: '200',
        port,
        interval: 1,
        timeout: 1,
        retries: 0,
      }),
    member,
    createPool: (name, origins, fields = {}) =>
      api.create('@/load_balancers/pools', { name, origins: origins.map(member), ...fields }),
    createLoadBalancer: (host, pools) =>
      api.create('%/load_balancers', {
        name: host,
        default_pools: pools.map(({ id }) => id),
        fallback_pool: pools.at(-1)!.id,
        proxied: true,
      }),
    async poolHealth(poolId) {
      const { pop_health } = (await api.get(`@/load_balancers/pools/${poolId}/health`)).body.result;
      const [pop] = Object.values(pop_health) as { origins: object[] }[];
      return Object.assign({}, ...(pop?.origins ?? []));
    },
    async close() {
      for (const closer of closers.reverse()) await closer();
    },
  };
}
