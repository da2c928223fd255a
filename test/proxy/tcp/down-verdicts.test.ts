import { once } from 'node:events';
import net from 'node:net';
import { expect, test } from 'vitest';
import { UNKNOWN_HEALTH } from '../../../src/state/health-board.js';
import type { LiveOrigin } from '../../../src/state/snapshot.js';
import { DialError } from '../../../src/tunnel/egress/contract.js';
import { liveLoadBalancer, liveOrigin, livePool, liveRoute } from '../../support/live-objects.js';
import { until } from '../../support/prober-bench.js';
import { newest } from '../../support/request-filters.js';
import { NAME, startTcpOrigin, startTcpRig, type TcpRig } from './rig.js';

const at = (port: number, fields: Partial<LiveOrigin> = {}) =>
  liveOrigin({ port, name: `origin-${port}`, ...fields });
const balancer = (fields = {}) => liveLoadBalancer({ name: NAME, defaultPools: ['pool'], ...fields });

function judge(rig: TcpRig, { key }: LiveOrigin, state: 'healthy' | 'unhealthy', pool = 'pool') {
  rig.health.set(pool, key, { ...UNKNOWN_HEALTH, state });
}

/** How a socket ends: with the code of an error, or in good order. */
const endOf = (socket: net.Socket) =>
  new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.once('end', () => resolve('in good order'));
  });

/** Two origins of one pool; the client has a connection to the first. */
async function connectedToTheFirst(fields: Partial<LiveOrigin> = {}) {
  const ends: Promise<unknown>[] = [];
  const name = (text: string) => (socket: net.Socket) => {
    ends.push(endOf(socket));
    socket.write(text);
    socket.resume();
  };
  const [one, two] = [await startTcpOrigin('', name('one')), await startTcpOrigin('', name('two'))];
  const [first, second] = [at(one.port, { weight: 1, ...fields }), at(two.port, { weight: 1e-12 })];
  const rig = await startTcpRig({
    pools: [livePool({ id: 'pool', origins: [first, second] })],
    loadBalancers: [balancer()],
  });
  rig.store.apply({ revision: 2, complete: false, upsert: { route: [liveRoute()] }, remove: {} });
  rig.tunnels.connect('tunnel-1');
  judge(rig, first, 'healthy');
  judge(rig, second, 'healthy');
  const client = rig.connect();
  expect(String((await once(client, 'data'))[0])).toBe('one');
  return { rig, first, second, client, ends };
}

test.each<[string, Partial<LiveOrigin>]>([
  ['a direct origin', {}],
  ['an origin behind a tunnel', { address: '10.0.0.7', virtualNetworkId: 'vnet-1' }],
])(
  'a connection to %s is reset at both ends when the origin is found down and new ones go elsewhere',
  async (_, fields) => {
    const { rig, first, client, ends } = await connectedToTheFirst(fields);
    const end = endOf(client);
    judge(rig, first, 'unhealthy');
    expect(await end).toBe('ECONNRESET');
    await ends[0];
    const next = rig.connect();
    expect(String((await once(next, 'data'))[0])).toBe('two');
    expect(rig.load.outstanding('pool')).toBe(1);
  },
);

test('a connection stays when its origin is found down and new ones would go there all the same', async () => {
  const { rig, first, second, client } = await connectedToTheFirst();
  judge(rig, second, 'unhealthy');
  const before = rig.connect();
  expect(String((await once(before, 'data'))[0])).toBe('one');
  // The load balancer's last resort is the same pool: the origin with all the weight.
  judge(rig, first, 'unhealthy');
  const after = rig.connect();
  expect(String((await once(after, 'data'))[0])).toBe('one');
  for (const socket of [client, before]) expect(socket.destroyed || socket.readableEnded).toBe(false);
});

test('a connection stays when another origin, or the same one in another pool, is found down', async () => {
  const { rig, first, second, client } = await connectedToTheFirst();
  judge(rig, first, 'healthy', 'other');
  judge(rig, first, 'unhealthy', 'other');
  judge(rig, second, 'unhealthy');
  await once(rig.connect(), 'data');
  expect(client.destroyed || client.readableEnded).toBe(false);
});

test('a dial to an origin that is found down is cut, and the connection goes to another origin of the pool', async () => {
  const other = await startTcpOrigin('two');
  const stuck = at(5432, { address: '10.0.0.7', virtualNetworkId: 'vnet-1', weight: 1 });
  const second = at(other.port, { weight: 1e-12 });
  const rig = await startTcpRig({
    pools: [livePool({ id: 'pool', origins: [stuck, second] })],
    loadBalancers: [balancer()],
  });
  rig.store.apply({ revision: 2, complete: false, upsert: { route: [liveRoute()] }, remove: {} });
  rig.tunnels.connect('tunnel-1');
  const dialled = new Promise<net.Socket>((resolve) => {
    rig.tunnels.dial = () => {
      const socket = new net.Socket();
      resolve(socket);
      return socket;
    };
  });
  judge(rig, stuck, 'healthy');
  judge(rig, second, 'healthy');
  const client = rig.connect();
  const socket = await dialled;
  judge(rig, stuck, 'unhealthy');
  expect(String((await once(client, 'data'))[0])).toBe('two:');
  expect(socket.destroyed).toBe(true);
  expect(rig.requests.find(newest(1))[0]).toMatchObject({
    error: null,
    failedAttempts: [{ failure: 'found_down' }],
  });
});

test('a dial that leaves an origin for a verdict keeps its retry, and can leave the next origin, too', async () => {
  const other = await startTcpOrigin('two');
  const behind = (address: string, weight: number) =>
    at(5432, { address, virtualNetworkId: 'vnet-1', weight });
  const stuck = [behind('10.0.0.7', 1), behind('10.0.0.8', 1e-12)];
  const refusing = behind('10.0.0.9', 1e-24);
  const last = at(other.port, { weight: 1e-36 });
  const rig = await startTcpRig({
    pools: [livePool({ id: 'pool', origins: [...stuck, refusing, last] })],
    loadBalancers: [balancer()],
  });
  rig.store.apply({ revision: 2, complete: false, upsert: { route: [liveRoute()] }, remove: {} });
  rig.tunnels.connect('tunnel-1');
  const dialled: string[] = [];
  rig.tunnels.dial = (_tunnelId, { host }) => {
    dialled.push(host);
    const socket = new net.Socket();
    if (host === '10.0.0.9') setImmediate(() => socket.destroy(new DialError('refused', 'told to')));
    return socket;
  };
  for (const origin of [...stuck, refusing, last]) judge(rig, origin, 'healthy');
  const client = rig.connect();
  for (const [index, origin] of stuck.entries()) {
    await until(() => dialled.length === index + 1);
    judge(rig, origin, 'unhealthy');
  }
  expect(String((await once(client, 'data'))[0])).toBe('two:');
  expect(dialled).toEqual(['10.0.0.7', '10.0.0.8', '10.0.0.9']);
  expect(rig.requests.find(newest(1))[0]).toMatchObject({
    failedAttempts: [{ failure: 'found_down' }, { failure: 'found_down' }, { failure: 'refused' }],
  });
});
