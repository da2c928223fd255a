import dgram from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { createFakeClock } from '../support/fake-clock.js';
import { collectLog } from './collect-log.js';
import { cleanUp, cleanUpLater, startEdge, type TestEdge, until } from './fixture.js';

afterEach(cleanUp);

const HOUR_MS = 60 * 60 * 1000;
/** As cloudflared begins: an Initial packet of QUIC 1, padded to the least that RFC 9000 section 14.1 lets a client send. */
const INITIAL = Buffer.concat([Buffer.from([0xc3, 0, 0, 0, 1, 8]), Buffer.alloc(1_194, 7)]);
const DNS_QUESTION = Buffer.from('1f2b01000001000000000000076578616d706c6503636f6d0000010001', 'hex');

async function udpSocket(type: 'udp4' | 'udp6' = 'udp4') {
  const socket = dgram.createSocket(type);
  const received: Buffer[] = [];
  socket.on('message', (message) => received.push(message));
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  cleanUpLater(() => new Promise<void>((done) => socket.close(() => done())));
  const send = ({ address }: Pick<TestEdge, 'address'>, message: Buffer) =>
    new Promise<void>((resolve, reject) =>
      socket.send(message, address.port, address.host, (error) => (error ? reject(error) : resolve())),
    );
  return { send, received, port: (socket.address() as AddressInfo).port };
}

test('a connector that dials over QUIC is told of once in an hour, and gets no answer', async () => {
  const clock = createFakeClock();
  const { log, lines } = collectLog();
  const started = await startEdge({ log, clock });
  const { send, received } = await udpSocket();
  for (const noise of [Buffer.alloc(0), Buffer.from([0xc3]), DNS_QUESTION, Buffer.alloc(1_200, 0xff)]) {
    await send(started, noise);
  }
  for (let packet = 0; packet < 5; packet++) await send(started, INITIAL);
  await until(() => lines.length > 0);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 40,
    remote: '127.0.0.1',
    msg: expect.stringContaining('start cloudflared with --protocol http2'),
  });
  // Packets of one socket to another come in their order: with the next line, all of the first have been looked at.
  clock.advance(HOUR_MS);
  await send(started, INITIAL);
  await until(() => lines.length > 1);
  expect(lines).toHaveLength(2);
  expect(received).toEqual([]);
});

test('the port is listened on for both versions of IP as the TCP port is', async () => {
  for (const [host, type, to] of [
    ['::1', 'udp6', '::1'],
    ['::', 'udp4', '127.0.0.1'],
  ] as const) {
    const { log, lines } = collectLog();
    const { address } = await startEdge({ host, log });
    const { send } = await udpSocket(type);
    await send({ address: { ...address, host: to } }, INITIAL);
    await until(() => lines.length > 0, host);
  }
});

/** A free port of UDP may be somebody's of TCP: then it takes another one. */
async function startAtTakenPort(log: Logger, attempts = 10): Promise<{ started: TestEdge; port: number }> {
  const { port } = await udpSocket();
  try {
    return { started: await startEdge({ port, log }), port };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempts === 1) throw error;
    return await startAtTakenPort(log, attempts - 1);
  }
}

test('an edge whose port is taken for UDP starts all the same, and closes', async () => {
  const { log, lines } = collectLog();
  const { started, port } = await startAtTakenPort(log);
  expect(started.address.port).toBe(port);
  await started.edge.close();
  expect(lines).toEqual([]);
});

test('the UDP port is given back with the TCP port', async () => {
  const { edge, address } = await startEdge();
  await edge.close();
  const socket = dgram.createSocket('udp4');
  cleanUpLater(() => socket.close());
  socket.bind(address.port, '127.0.0.1');
  await once(socket, 'listening');
});
