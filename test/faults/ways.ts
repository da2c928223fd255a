import http from 'node:http';
import http2, { type OutgoingHttpHeaders } from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import type { FaultTarget } from '../../src/bridge/faults.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { ingressTo } from '../edge/fake-ingress.js';
import { cleanUp, startEdge } from '../edge/fixture.js';
import { connectRaw } from '../edge/raw-connector.js';
import { madeCertificates, testAuthority } from '../proxy/https-rig.js';
import { publishedAt } from '../proxy/ingress/ingress-rig.js';
import { HOST, type Rig, type RigOptions, startRig } from '../proxy/rig.js';
import { listening } from '../support/fake-origins.js';
import { liveOrigin, liveRoute, unmonitoredPool } from '../support/live-objects.js';
import { type TestFaults, testFaults } from '../support/traffic-faults.js';

/** What every origin answers with, in bytes. */
export const BODY_BYTES = 50_000;
const BODY = 'x'.repeat(BODY_BYTES);

/** One request, as its client sees it. */
export interface Asked {
  /** Of the body, so far. */
  readonly bodyBytes: number;
  readonly status: number | null;
  /** Settles when the answer is complete, or is broken off. */
  readonly ended: Promise<'complete' | 'broken'>;
}

export interface OpenWay {
  readonly rig: Rig;
  readonly under: TestFaults;
  /** What recognizes the origin: as address, pool, or tunnel where there is one. */
  readonly targets: readonly FaultTarget[];
  /** Sends one request, over a connection that is kept. */
  ask(): Asked;
  /** Bytes that have come on all sockets of the client. */
  received(): number;
  /** Requests that the origin has had. */
  served(): number;
}

export interface Way {
  readonly name: string;
  /** The origin is asked over streams of a connection that is there. */
  readonly streams?: true;
  open(timeouts?: RigOptions['timeouts']): Promise<OpenWay>;
}

const POOL_ID = 'pool';
const ON_POOL: FaultTarget = { kind: 'pool', id: POOL_ID };

interface Origin {
  readonly port: number;
  served(): number;
}

async function http1Origin(): Promise<Origin> {
  let served = 0;
  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    served += 1;
    request.resume();
    response.end(BODY);
  });
  return { port: (await listening(server)).port, served: () => served };
}

async function http2Origin(): Promise<Origin> {
  let served = 0;
  const server = http2.createServer((request, response) => {
    served += 1;
    request.resume();
    response.writeHead(200, { 'content-type': 'application/grpc' });
    response.end(BODY);
  });
  return { port: (await listening(server as unknown as net.Server)).port, served: () => served };
}

const directly = (
  name: string,
  open: (port: number, options: RigOptions) => Promise<Rig>,
  grpc = false,
): Way => ({
  name,
  async open(timeouts = {}) {
    const origin = await (grpc ? http2Origin() : http1Origin());
    const under = testFaults();
    const rig = await open(origin.port, { faults: under.faults, timeouts });
    const address: FaultTarget = { kind: 'origin', address: '127.0.0.1', port: origin.port };
    return openWay(rig, under, [address, ON_POOL], origin, grpc);
  },
});

function openWay(
  rig: Rig,
  under: TestFaults,
  targets: readonly FaultTarget[],
  { served }: Origin,
  grpc = false,
): OpenWay {
  const client = rig.httpsPort ? http2Asker(rig, grpc) : http1Asker(rig.port);
  return { rig, under, targets, served, ...client };
}

function http1Asker(port: number): Pick<OpenWay, 'ask' | 'received'> {
  const sockets = new Set<net.Socket>();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return {
    received: () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    ask() {
      const asked = { bodyBytes: 0, status: null as number | null };
      const ended = new Promise<'complete' | 'broken'>((resolve) => {
        const request = http.get({ host: '127.0.0.1', port, agent, headers: { host: HOST } }, (response) => {
          asked.status = response.statusCode!;
          response.on('data', (piece: Buffer) => {
            asked.bodyBytes += piece.length;
          });
          response.on('error', () => resolve('broken'));
          response.on('end', () => resolve(response.complete ? 'complete' : 'broken'));
        });
        request.on('socket', (socket) => sockets.add(socket));
        request.on('error', () => resolve('broken'));
      });
      return Object.assign(asked, { ended });
    },
  };
}

function http2Asker(rig: Rig, grpc: boolean): Pick<OpenWay, 'ask' | 'received'> {
  const sockets: net.Socket[] = [];
  let session: http2.ClientHttp2Session | null = null;
  const headers: OutgoingHttpHeaders = {
    ':authority': HOST,
    ...(grpc ? { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' } : {}),
  };
  async function openSession(): Promise<http2.ClientHttp2Session> {
    if (session && !session.closed && !session.destroyed) return session;
    const { caCertificate: ca } = await testAuthority();
    const socket = net.connect({ host: '127.0.0.1', port: rig.httpsPort });
    sockets.push(socket);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    const secure = tls.connect({ socket, servername: HOST, ca, ALPNProtocols: ['h2'] });
    const opened = http2.connect(`https://${HOST}`, { createConnection: () => secure });
    opened.on('error', () => {});
    session = opened;
    return opened;
  }
  return {
    received: () => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    ask() {
      const asked = { bodyBytes: 0, status: null as number | null };
      const ended = openSession().then(
        (one) =>
          new Promise<'complete' | 'broken'>((resolve) => {
            const stream = one.request(headers, { endStream: !grpc });
            if (grpc) stream.end('a message');
            stream.on('response', (got) => {
              asked.status = got[':status']!;
            });
            stream.on('data', (piece: Buffer) => {
              asked.bodyBytes += piece.length;
            });
            stream.on('error', () => {});
            stream.on('close', () =>
              resolve(stream.rstCode === 0 && asked.status !== null ? 'complete' : 'broken'),
            );
          }),
      );
      return Object.assign(asked, { ended });
    },
  };
}

const throughTunnel: Way = {
  name: 'HTTP/1.1, through a tunnel',
  async open(timeouts = {}) {
    const origin = await http1Origin();
    const under = testFaults();
    const edge = await startEdge();
    onTestFinished(cleanUp);
    const tunnel = edge.addTunnel({ accountId: 'account-1' });
    await edge.connect(tunnel);
    const route = liveRoute({ network: '127.0.0.0/8', tunnelId: tunnel.id });
    edge.store.apply({ revision: 1_000, complete: false, upsert: { route: [route] }, remove: {} });
    const member = liveOrigin({ port: origin.port, virtualNetworkId: 'vnet-1' });
    const rig = await startRig({
      upsert: { pool: [unmonitoredPool({ id: POOL_ID, origins: [member] })] },
      offramps: createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() }),
      faults: under.faults,
      timeouts,
    });
    const address: FaultTarget = { kind: 'origin', address: '127.0.0.1', port: null };
    return openWay(rig, under, [address, ON_POOL, { kind: 'tunnel', id: tunnel.id }], origin);
  },
};

const throughIngress: Way = {
  name: 'HTTP/1.1, through ingress rules',
  streams: true,
  async open(timeouts = {}) {
    const origin = await http1Origin();
    const under = testFaults();
    const edge = await startEdge();
    onTestFinished(cleanUp);
    const tunnel = edge.addTunnel({ accountId: 'account-1' });
    await connectRaw(edge, tunnel, ingressTo(origin.port));
    const published = liveOrigin({ address: publishedAt(tunnel) });
    const rig = await startRig({
      upsert: { pool: [unmonitoredPool({ id: POOL_ID, origins: [published] })] },
      offramps: createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() }),
      faults: under.faults,
      timeouts,
    });
    const address: FaultTarget = { kind: 'origin', address: publishedAt(tunnel), port: null };
    return openWay(rig, under, [address, ON_POOL, { kind: 'tunnel', id: tunnel.id }], origin);
  },
};

const https = async (port: number, options: RigOptions) =>
  await startRig({ origins: [port], https: await madeCertificates(), ...options });

/** Each pair of a protocol of clients and one of origins. */
export const WAYS: readonly Way[] = [
  directly('HTTP/1.1', (port, options) => startRig({ origins: [port], ...options })),
  directly('HTTP/2 of the client', https),
  directly('HTTP/2 of both, as gRPC', https, true),
  throughTunnel,
  throughIngress,
];

/** A second of the fake clock in steps, with turns of the event loop between them, until `done` holds. */
export async function advanceUntil({ clock }: TestFaults, done: () => boolean, stepMs = 100): Promise<void> {
  for (let step = 0; !done(); step += 1) {
    if (step > 20_000) throw new Error(`still not so after ${step} steps: ${done}`);
    clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets a settled promise be looked at. */
export function watch<T>(promise: Promise<T>): { readonly value: T | null } {
  const seen = { value: null as T | null };
  promise.then(
    (value) => {
      seen.value = value;
    },
    () => {},
  );
  return seen;
}
