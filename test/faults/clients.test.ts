import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TrafficFault } from '../../src/bridge/faults.js';
import { parseCidr } from '../../src/net/addresses.js';
import { httpOrigin } from '../proxy/fake-origin.js';
import { ask, http2Client, madeCertificates, testAuthority } from '../proxy/https-rig.js';
import { rawClient } from '../proxy/raw-client.js';
import { HOST, startRig } from '../proxy/rig.js';
import { NAME, startTcpOrigin, startTcpRig } from '../proxy/tcp/rig.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { newest } from '../support/request-filters.js';
import { type TestFaults, testFaults } from '../support/traffic-faults.js';
import { eventually } from '../support/waiting.js';

const BODY = 'x'.repeat(20_000);
const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const HERE = { kind: 'client', network: '127.0.0.1/32' } as const;

/** A connection of a client, with the socket that its bytes really come on. */
interface Visit {
  readonly socket: net.Socket;
  /** Asks for `BODY`; what has come of it is counted. */
  ask(): void;
  halfClose(): void;
  readonly bodyBytes: number;
  readonly end: Promise<'in good order' | 'ECONNRESET'>;
}

interface WayIn {
  readonly name: string;
  open(): Promise<{
    under: TestFaults;
    visit(): Promise<Visit>;
    served(): number;
    faults(): readonly string[];
    drain(): Promise<void>;
  }>;
}

function follow(socket: net.Socket, bytes: NodeJS.ReadableStream & NodeJS.WritableStream): Visit {
  let bodyBytes = 0;
  bytes.on('data', (piece: Buffer) => {
    bodyBytes += piece.filter((byte) => byte === 0x78).length;
  });
  bytes.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  const end = new Promise<'in good order' | 'ECONNRESET'>((resolve) => {
    bytes.once('error', () => resolve('ECONNRESET'));
    bytes.once('end', () => resolve('in good order'));
  });
  return {
    socket,
    end,
    ask: () => void bytes.write(GET),
    halfClose: () => void bytes.end(),
    get bodyBytes() {
      return bodyBytes;
    },
  };
}

async function connected(port: number): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const overHttp = (secure: boolean): WayIn => ({
  name: secure ? 'HTTPS' : 'HTTP',
  async open() {
    let served = 0;
    const origin = await httpOrigin((_request, response) => {
      served += 1;
      response.end(BODY);
    });
    const under = testFaults();
    const certificates = secure ? { https: await madeCertificates() } : {};
    const rig = await startRig({ origins: [origin.port], faults: under.faults, ...certificates });
    return {
      under,
      served: () => served,
      drain: () => rig.proxy.drain(0),
      faults: () => rig.requests.find(newest(1))[0]!.faults,
      async visit() {
        const socket = await connected(secure ? rig.httpsPort : rig.port);
        if (!secure) return follow(socket, socket);
        const { caCertificate: ca } = await testAuthority();
        return follow(socket, tls.connect({ socket, servername: HOST, ca, ALPNProtocols: ['http/1.1'] }));
      },
    };
  },
});

const overTcp: WayIn = {
  name: 'TCP',
  async open() {
    let served = 0;
    const origin = await startTcpOrigin('', (socket) => {
      socket.on('data', () => {
        served += 1;
        socket.write(BODY);
      });
      socket.on('end', () => socket.end());
    });
    const under = testFaults();
    const rig = await startTcpRig({
      pools: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ port: origin.port })] })],
      loadBalancers: [liveLoadBalancer({ name: NAME, defaultPools: ['pool'] })],
      faults: under.faults,
    });
    return {
      under,
      served: () => served,
      drain: () => rig.listeners.drain(0),
      faults: () => rig.requests.find(newest(1))[0]!.faults,
      async visit() {
        const socket = await connected(rig.port);
        return follow(socket, socket);
      },
    };
  },
};

const fault = (fields: Partial<TrafficFault>): Partial<TrafficFault> => ({
  name: 'c',
  target: HERE,
  ...fields,
});

describe.each([overHttp(false), overHttp(true), overTcp])('a client of $name', ({ name, open }) => {
  test('gets its answer late by the latency, and at once when the fault is gone', async () => {
    const { under, visit, served, faults } = await open();
    under.set(fault({ latencyMs: 700 }));
    const one = await visit();
    one.ask();
    await eventually(() => {
      if (name === 'HTTPS') under.clock.advance(100);
      return served() === 1;
    });
    const before = one.socket.bytesRead;
    await eventually(() => under.clock.pending > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([one.socket.bytesRead, one.bodyBytes]).toEqual([before, 0]);
    under.set();
    await eventually(() => one.bodyBytes === BODY.length);
    under.set(fault({ latencyMs: 700 }));
    expect(['c', undefined]).toContain(faults()[0]);
  });

  test('gets exactly so many bytes before the connection is closed', async () => {
    const { under, visit } = await open();
    under.set(fault({ cut: { how: 'close', afterBytes: 5_000 } }));
    const one = await visit();
    one.ask();
    expect(await one.end).toBe('in good order');
    expect(one.socket.bytesRead).toBe(5_000);
    one.socket.destroy();
    await eventually(() => under.faults.connections === 0);
  });

  test('is reset with the first byte that it would get', async () => {
    const { under, visit } = await open();
    under.set(fault({ cut: { how: 'reset', afterBytes: 0 } }));
    const one = await visit();
    one.ask();
    expect(await one.end).toBe('ECONNRESET');
    expect(one.socket.bytesRead).toBe(0);
    await eventually(() => under.faults.connections === 0);
  });

  test('is not heard in a black hole, and is when that is gone', async () => {
    const { under, visit, served } = await open();
    under.set(fault({ direction: 'both', cut: { how: 'hold', afterBytes: null } }));
    const one = await visit();
    one.ask();
    await eventually(() => under.faults.connections === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([served(), one.socket.bytesRead]).toEqual([0, 0]);
    under.set();
    await eventually(() => one.bodyBytes === BODY.length);
  });

  test('gets so many bytes a second, and can half-close all the same', async () => {
    const { under, visit } = await open();
    under.set(fault({ bytesPerSecond: 100_000 }));
    const one = await visit();
    one.ask();
    const from = one.socket.bytesRead;
    for (let ms = 0; one.bodyBytes < BODY.length; ms += 10) {
      expect(one.socket.bytesRead - from).toBeLessThanOrEqual(100 * ms + 10_000);
      under.clock.advance(10);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    one.halfClose();
    await eventually(() => {
      under.clock.advance(10);
      return under.faults.connections === 0;
    });
    expect(await one.end).toBe('in good order');
    expect(under.clock.pending).toBe(0);
  });

  // TLS says goodbye with bytes, before the end of the connection.
  test.skipIf(name === 'HTTPS')('sees the end of the connection late where it closes slowly', async () => {
    const { under, visit } = await open();
    under.set(fault({ slowCloseMs: 5_000 }));
    const one = await visit();
    one.ask();
    await eventually(() => one.bodyBytes === BODY.length);
    let ended = false;
    void one.end.then(() => {
      ended = true;
    });
    one.halfClose();
    await eventually(() => under.clock.pending > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toBe(false);
    under.clock.advance(5_000);
    expect(await one.end).toBe('in good order');
  });

  test('with another address is left alone', async () => {
    const { under, visit, faults } = await open();
    under.set(
      fault({ target: { kind: 'client', network: '192.0.2.0/24' }, cut: { how: 'reset', afterBytes: 0 } }),
    );
    const one = await visit();
    one.ask();
    await eventually(() => one.bodyBytes === BODY.length);
    expect([faults(), under.faults.connections]).toEqual([[], 0]);
  });
});

test('a client of HTTP/2 comes under the fault with its session, and each request says so', async () => {
  const origin = await httpOrigin((_request, response) => response.end(BODY));
  const under = testFaults();
  const rig = await startRig({
    origins: [origin.port],
    https: await madeCertificates(),
    faults: under.faults,
  });
  under.set(fault({ bytesPerSecond: 1_000_000 }));
  const time = setInterval(() => under.clock.advance(50), 5);
  onTestFinished(() => clearInterval(time));
  const session = await http2Client(rig);
  const answers = await Promise.all([ask(session), ask(session)]);
  expect(answers.map(({ status, body }) => [status, body.length])).toEqual([
    [200, BODY.length],
    [200, BODY.length],
  ]);
  expect(rig.requests.find(newest(2)).map(({ faults }) => faults)).toEqual([['c'], ['c']]);
  under.set(fault({ cut: { how: 'reset', afterBytes: 0 } }));
  // The session was made before, and takes no new requests: the next one needs a new session, which is reset.
  await eventually(() => session.closed || session.destroyed);
  await expect(http2Client(rig)).rejects.toThrow();
});

test('a connection at rest of a client that a fault is set for is closed, so that the next request comes under it', async () => {
  const origin = await httpOrigin((_request, response) => response.end('an answer'));
  const under = testFaults();
  const rig = await startRig({ origins: [origin.port], faults: under.faults });
  const one = await rawClient(rig.port);
  one.send(GET);
  await one.receive((received) => received.includes('an answer'));
  under.set(fault({ target: { kind: 'client', network: '192.0.2.0/24' }, latencyMs: 1 }));
  one.send(GET);
  await one.receive((received) => received.split('an answer').length === 3);
  under.set(fault({ latencyMs: 1 }));
  await one.closed();
});

test('behind a proxy with the PROXY protocol, the client that its header names is meant', async () => {
  const origin = await startTcpOrigin('echo');
  const under = testFaults();
  const rig = await startTcpRig({
    pools: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ port: origin.port })] })],
    loadBalancers: [liveLoadBalancer({ name: NAME, defaultPools: ['pool'] })],
    proxyProtocol: 'require',
    trustedProxies: [parseCidr('127.0.0.1')!],
    faults: under.faults,
  });
  const target = { kind: 'client', network: '192.0.2.7/32' } as const;
  under.set({ target, direction: 'both', cut: { how: 'close', afterBytes: 7 } });
  const visit = async (address: string) => {
    const socket = await connected(rig.port);
    let got = '';
    socket.on('data', (piece) => {
      got += piece;
    });
    socket.write(`PROXY TCP4 ${address} 127.0.0.1 4711 80\r\nhello`);
    await eventually(() => got.length >= 7);
    socket.end();
    await once(socket, 'close');
    return got;
  };
  expect(await visit('192.0.2.8')).toBe('echo:hello');
  expect(await visit('192.0.2.7')).toBe('echo:he');
});

test.each([overHttp(false), overHttp(true), overTcp])(
  'a listener of $name that ends does not wait for clients whom a fault holds',
  async ({ open }) => {
    const { under, visit, drain } = await open();
    under.set(fault({ direction: 'both', cut: { how: 'hold', afterBytes: null } }));
    const one = await visit();
    one.ask();
    await eventually(() => under.faults.connections === 1);
    await drain();
    await one.end;
    await eventually(() => under.faults.connections === 0);
    expect(under.clock.pending).toBe(0);
  },
);
