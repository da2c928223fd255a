import { readdirSync, readlinkSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { FaultTarget, TrafficFault } from '../../src/bridge/faults.js';
import { createTrafficFaults } from '../../src/faults/traffic-faults.js';
import { realTime } from '../../src/net/clock.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { ingressTo } from '../edge/fake-ingress.js';
import { cleanUp, startEdge } from '../edge/fixture.js';
import { connectRaw } from '../edge/raw-connector.js';
import { httpOrigin } from '../proxy/fake-origin.js';
import { madeCertificates, testAuthority } from '../proxy/https-rig.js';
import { publishedAt } from '../proxy/ingress/ingress-rig.js';
import { startRig } from '../proxy/rig.js';
import { NAME, startTcpOrigin, startTcpRig } from '../proxy/tcp/rig.js';
import { liveLoadBalancer, liveOrigin, liveRoute, unmonitoredPool } from '../support/live-objects.js';
import { rounds } from '../support/long.js';
import { seededRandom, trafficFault } from '../support/traffic-faults.js';
import { eventually } from '../support/waiting.js';

/** Each takes a tenth of a second: `OFFRAMP_FAULT_ROUNDS=6000` are ten minutes. */
const ROUNDS = Number(process.env.OFFRAMP_FAULT_ROUNDS ?? rounds(40, 600));
/** After so long a client gives up. */
const PATIENCE_MS = 150;

const HOSTS = ['direct.example.com', 'tunnel.example.com', 'ingress.example.com'] as const;

/** Sockets of this process, as the system counts them. */
const sockets = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

async function setUp(random: () => number) {
  const origin = await httpOrigin((request, response) => {
    request.resume();
    response.end('x'.repeat(30_000));
  });
  const echo = await startTcpOrigin('echo');
  const edge = await startEdge();
  onTestFinished(cleanUp);
  const [bytes, requests] = [
    edge.addTunnel({ accountId: 'account-1' }),
    edge.addTunnel({ accountId: 'account-1' }),
  ];
  await edge.connect(bytes);
  await connectRaw(edge, requests, ingressTo(origin.port));
  const route = liveRoute({ network: '127.0.0.0/8', tunnelId: bytes.id });
  edge.store.apply({ revision: 1_000, complete: false, upsert: { route: [route] }, remove: {} });
  const members = [
    liveOrigin({ port: origin.port }),
    liveOrigin({ port: origin.port, virtualNetworkId: 'vnet-1' }),
    liveOrigin({ address: publishedAt(requests) }),
  ];
  const faults = createTrafficFaults({ clock: realTime, random }, () => {});
  const offramps = createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() });
  const rig = await startRig({
    faults,
    offramps,
    https: await madeCertificates(),
    timeouts: {
      originConnect: 500,
      originHead: 500,
      bodyIdle: 500,
      linger: 200,
      clientHead: 1_000,
      clientIdle: 1_000,
    },
    upsert: {
      pool: HOSTS.map((id, index) => unmonitoredPool({ id, origins: [members[index]!] })),
      load_balancer: HOSTS.map((name) => liveLoadBalancer({ name, defaultPools: [name] })),
    },
  });
  const tcp = await startTcpRig({
    faults,
    offramps,
    timeouts: { originConnect: 500, upgradedIdle: 500 },
    pools: [
      unmonitoredPool({ id: 'tcp', origins: [liveOrigin({ port: echo.port, virtualNetworkId: 'vnet-1' })] }),
    ],
    loadBalancers: [liveLoadBalancer({ name: NAME, defaultPools: ['tcp'] })],
  });
  const targets: FaultTarget[] = [
    { kind: 'origin', address: '127.0.0.1', port: null },
    { kind: 'pool', id: HOSTS[0] },
    { kind: 'pool', id: 'tcp' },
    { kind: 'tunnel', id: bytes.id },
    { kind: 'tunnel', id: requests.id },
    { kind: 'client', network: '127.0.0.1/32' },
  ];
  return { rig, tcp, faults, targets };
}

function randomFault(random: () => number, targets: readonly FaultTarget[]): TrafficFault {
  const oneOf = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)]!;
  const afterBytes = Math.floor(random() * 20_000);
  return trafficFault({
    target: oneOf(targets),
    direction: oneOf(['upstream', 'downstream', 'both'] as const),
    share: oneOf([0.3, 0.7, 1]),
    ...oneOf<Partial<TrafficFault>>([
      { latencyMs: 20, jitterMs: 20 },
      { latencyMs: 60_000 },
      { bytesPerSecond: oneOf([100, 1_000_000]) },
      { cut: { how: 'close', afterBytes } },
      { cut: { how: 'reset', afterBytes: oneOf([0, afterBytes]) } },
      { cut: { how: 'hold', afterBytes: oneOf([null, 0, afterBytes]) } },
      { slowCloseMs: oneOf([20, 60_000]) },
    ]),
  });
}

/** Each settles, whatever becomes of it: after its patience the client breaks off. */
type Visit = () => Promise<void>;

function visitors(rig: Awaited<ReturnType<typeof setUp>>, ca: string, agent: http.Agent): Visit[] {
  const { rig: proxy, tcp } = rig;
  const overHttp1 = (host: string) => () =>
    new Promise<void>((resolve) => {
      const method = host === HOSTS[0] ? 'POST' : 'GET';
      const request = http.request({ host: '127.0.0.1', port: proxy.port, agent, method, headers: { host } });
      const timer = setTimeout(() => request.destroy(), PATIENCE_MS);
      request.on('response', (response) => response.on('error', () => {}).resume());
      request.on('error', () => {});
      request.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
      request.end(method === 'POST' ? 'y'.repeat(30_000) : '');
    });
  const overHttp2 = (host: string) => () =>
    new Promise<void>((resolve) => {
      const options = { host: '127.0.0.1', port: proxy.httpsPort, servername: host, ca };
      const session = http2.connect(`https://${host}`, options as http2.SecureClientSessionOptions);
      const timer = setTimeout(() => session.destroy(), PATIENCE_MS);
      session.on('error', () => {});
      session.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
      const stream = session.request({ ':authority': host });
      stream.on('error', () => {});
      stream.on('close', () => session.close());
      stream.resume();
    });
  const overTcp = () =>
    new Promise<void>((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port: tcp.port });
      const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.resume();
      socket.end('z'.repeat(30_000));
    });
  return [...HOSTS.flatMap((host) => [overHttp1(host), overHttp2(host)]), overTcp];
}

test('random faults of all kinds leave nothing behind, and traffic is as before', async () => {
  const random = seededRandom(Number(process.env.OFFRAMP_FAULT_SEED ?? 7));
  const parts = await setUp(random);
  const { rig, faults, targets } = parts;
  const agent = new http.Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const visits = visitors(parts, (await testAuthority()).caCertificate, agent);
  /** Everybody once, without faults; then both ends close the connections that they keep, here as with each change. */
  const calm = async () => {
    faults.set([]);
    await Promise.all(visits.map((visit) => visit()));
    faults.set([trafficFault()]);
    faults.set([]);
    agent.destroy();
  };
  /** What is closing has closed by then. */
  const settled = async () => {
    await calm();
    await new Promise((resolve) => setTimeout(resolve, 400));
    return sockets();
  };
  const before = await settled();
  let set: TrafficFault[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    set = set.filter(() => random() < 0.6);
    while (set.length < 3) set.push(randomFault(random, targets));
    faults.set([...set]);
    await Promise.all(visits.map((visit) => visit()));
  }
  faults.set([]);
  await eventually(async () => {
    const now = await settled();
    return now <= before && faults.connections === 0;
  });
  for (const host of HOSTS) {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port: rig.port, agent: false, headers: { host } }, resolve)
        .on('error', reject);
    });
    expect(response.statusCode).toBe(200);
    response.resume();
  }
  await eventually(() => HOSTS.every((host) => rig.load.outstanding(host) === 0));
}, 3_600_000);
