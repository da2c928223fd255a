import { once } from 'node:events';
import type net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TrafficFault } from '../../src/bridge/faults.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { cleanUp, startEdge } from '../edge/fixture.js';
import { NAME, startTcpOrigin, startTcpRig, type TcpRig } from '../proxy/tcp/rig.js';
import { liveLoadBalancer, liveOrigin, liveRoute, unmonitoredPool } from '../support/live-objects.js';
import { newest } from '../support/request-filters.js';
import { type TestFaults, testFaults } from '../support/traffic-faults.js';
import { eventually } from '../support/waiting.js';

interface Way {
  readonly name: string;
  /** A port of TCP whose only origin is `serve`. */
  open(serve: (socket: net.Socket) => void): Promise<{ rig: TcpRig; under: TestFaults }>;
}

const balancers = [liveLoadBalancer({ name: NAME, defaultPools: ['pool'] })];

const direct: Way = {
  name: 'directly',
  async open(serve) {
    const origin = await startTcpOrigin('', serve);
    const under = testFaults();
    const pools = [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ port: origin.port })] })];
    return { under, rig: await startTcpRig({ pools, loadBalancers: balancers, faults: under.faults }) };
  },
};

const tunnelled: Way = {
  name: 'through a tunnel',
  async open(serve) {
    const origin = await startTcpOrigin('', serve);
    const under = testFaults();
    const edge = await startEdge();
    onTestFinished(cleanUp);
    const tunnel = edge.addTunnel({ accountId: 'account-1' });
    await edge.connect(tunnel);
    const route = liveRoute({ network: '127.0.0.0/8', tunnelId: tunnel.id });
    edge.store.apply({ revision: 1_000, complete: false, upsert: { route: [route] }, remove: {} });
    const member = liveOrigin({ port: origin.port, virtualNetworkId: 'vnet-1' });
    const rig = await startTcpRig({
      pools: [unmonitoredPool({ id: 'pool', origins: [member] })],
      loadBalancers: balancers,
      offramps: createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() }),
      faults: under.faults,
    });
    return { under, rig };
  },
};

const BYTES = Buffer.alloc(100_000, 'x');

/** What has come so far, and how it ended. */
function reader(socket: net.Socket) {
  let bytes = 0;
  let end: string | null = null;
  socket.on('data', (piece) => {
    bytes += piece.length;
  });
  socket.once('end', () => {
    end ??= 'in good order';
  });
  socket.once('error', (error: NodeJS.ErrnoException) => {
    end ??= error.code!;
  });
  return {
    get bytes() {
      return bytes;
    },
    get end() {
      return end;
    },
  };
}

/** The origin's side of a connection: says `BYTES`, and reads. */
function origin() {
  const seen = { bytes: 0, end: null as string | null, sockets: [] as net.Socket[] };
  const serve = (socket: net.Socket) => {
    seen.sockets.push(socket);
    socket.write(BYTES);
    socket.on('data', (piece) => {
      seen.bytes += piece.length;
    });
    socket.once('end', () => {
      seen.end ??= 'in good order';
      socket.end();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      seen.end ??= error.code!;
    });
  };
  return { seen, serve };
}

const set = (under: TestFaults, fields: Partial<TrafficFault>) => under.set({ name: 't', ...fields });

describe.each([direct, tunnelled])('TCP $name', ({ open }) => {
  test('latency: nothing comes until it is over, and all of it then', async () => {
    const { seen, serve } = origin();
    const { rig, under } = await open(serve);
    set(under, { latencyMs: 300 });
    const got = reader(rig.connect());
    await eventually(() => seen.sockets.length === 1 && under.clock.pending > 0);
    under.clock.advance(300);
    await eventually(() => rig.requests.added === 1 && under.clock.pending > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got.bytes).toBe(0);
    await eventually(() => {
      under.clock.advance(300);
      return got.bytes === BYTES.length;
    });
    expect(rig.requests.find(newest(1))[0]).toMatchObject({ error: null, faults: ['t'] });
  });

  test.each(['upstream', 'downstream'] as const)(
    'exactly so many bytes pass %s before a close',
    async (direction) => {
      const { seen, serve } = origin();
      const { rig, under } = await open(serve);
      set(under, { direction, cut: { how: 'close', afterBytes: 12_345 } });
      const client = rig.connect();
      const got = reader(client);
      await once(client, 'connect');
      if (direction === 'upstream') client.write(BYTES);
      await eventually(() => (direction === 'upstream' ? seen.end : got.end) !== null);
      expect(direction === 'upstream' ? [seen.bytes, seen.end] : [got.bytes, got.end]).toEqual([
        12_345,
        'in good order',
      ]);
      client.destroy();
      await eventually(() => under.faults.connections === 0 && rig.load.outstanding('pool') === 0);
    },
  );

  test('a reset comes to the client and to the origin as one, behind so many bytes', async () => {
    const { seen, serve } = origin();
    const { rig, under } = await open(serve);
    set(under, { cut: { how: 'reset', afterBytes: 0 } });
    const got = reader(rig.connect());
    await eventually(() => got.end !== null && (seen.end !== null || seen.sockets[0]?.destroyed === true));
    expect([got.end, got.bytes, seen.end]).toEqual(['ECONNRESET', 0, 'ECONNRESET']);
    await eventually(() => under.faults.connections === 0);
  });

  test('an end is passed on late where it closes slowly, and the other direction goes on meanwhile', async () => {
    const { seen, serve } = origin();
    const { rig, under } = await open(serve);
    set(under, { direction: 'upstream', slowCloseMs: 4_000 });
    const client = rig.connect();
    const got = reader(client);
    await eventually(() => got.bytes === BYTES.length);
    client.end('bye');
    await eventually(() => seen.bytes === 3 && under.clock.pending > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen.end).toBe(null);
    seen.sockets[0]!.write('more');
    await eventually(() => got.bytes === BYTES.length + 4);
    under.clock.advance(4_000);
    await eventually(() => seen.end === 'in good order' && got.end === 'in good order');
    await eventually(() => under.faults.connections === 0);
  });

  test('in a black hole nobody is dialled; the connection is made when the fault is gone', async () => {
    const { seen, serve } = origin();
    const { rig, under } = await open(serve);
    set(under, { cut: { how: 'hold', afterBytes: null } });
    const got = reader(rig.connect());
    await eventually(() => under.faults.connections === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.sockets).toEqual([]);
    under.set();
    await eventually(() => got.bytes === BYTES.length);
  });

  test('a client that takes nothing holds the origin up, and no more than windows are kept', async () => {
    const seen = { written: 0, full: false };
    const { rig, under } = await open((socket) => {
      const write = () => {
        while (socket.write(BYTES)) seen.written += BYTES.length;
        seen.full = true;
      };
      socket.on('drain', write);
      write();
    });
    set(under, { latencyMs: 1 });
    const time = setInterval(() => under.clock.advance(10), 2);
    onTestFinished(() => clearInterval(time));
    const client = rig.connect();
    client.pause();
    await once(client, 'connect');
    let before = -1;
    await eventually(async () => {
      const same = before === seen.written;
      before = seen.written;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return same;
    });
    // Three systems' buffers for the connections, and ours: far from all that the origin has to say.
    expect(seen.written).toBeLessThan(40_000_000);
    const got = reader(client);
    client.resume();
    await eventually(() => got.bytes > seen.written);
    client.destroy();
    await eventually(() => under.faults.connections === 0);
  });
});
