import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { OriginHealth } from '../../../src/state/health-board.js';
import type { LiveMonitor } from '../../../src/state/snapshot.js';
import { tcpOrigin } from '../../support/fake-origins.js';
import { liveMonitor, livePool } from '../../support/live-objects.js';
import { startProber } from '../../support/prober-bench.js';

const HEALTHY = { state: 'healthy', failureReason: 'No failures', responseCode: 200 };
const INVALID = { state: 'unhealthy', failureReason: 'HTTP Invalid Response' };
const MISMATCH = { state: 'unhealthy', failureReason: 'Response body mismatch error', responseCode: 200 };

/** What a check finds of an origin that does this with each connection, and what it was sent. */
async function probe(onConnection: (socket: Socket) => void, monitor: Partial<LiveMonitor> = {}) {
  let sent = '';
  const origin = await tcpOrigin((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      sent += bytes.toString('latin1');
    });
    onConnection(socket);
  });
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ port: origin.port, ...monitor })], pool: [livePool()] });
  const health: OriginHealth = await bench.verdict(livePool().id);
  return { health, sent };
}

/** Sends each piece when the one before has had time to be read by itself. */
const answering =
  (pieces: readonly string[], end: (socket: Socket) => void = () => {}) =>
  (socket: Socket) =>
    socket.once('data', async () => {
      for (const piece of pieces) {
        socket.write(piece, 'latin1');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      end(socket);
    });

const end = (socket: Socket) => void socket.end();
const reset = (socket: Socket) => void socket.resetAndDestroy();
const WITH_LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const UNTIL_CLOSE = 'HTTP/1.0 200 OK\r\n\r\n';

test.each([
  ['a head in pieces', [...'HTTP/1.1 200 OK\r\nX: y\r\n\r\n'].map((_, i, all) => all[i]!)],
  ['a head and a body in two pieces', ['HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 2\r\n\r\nok']],
  [
    'interim answers first',
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 ', '200 OK\r\n\r\n'],
  ],
  ['no reason', ['HTTP/1.1 200\r\n\r\n']],
])('an answer counts: %s', async (_what, pieces) => {
  expect((await probe(answering(pieces))).health).toMatchObject(HEALTHY);
});

test.each([
  ['length, in one piece', [`${WITH_LENGTH}I am alive`], end],
  ['length, in several', [WITH_LENGTH, 'I am al', 'ive'], undefined],
  ['chunks', [`${CHUNKED}7\r\nI am al\r\n`, '3\r\nive\r\n0\r\n\r\n'], undefined],
  ['the end of the connection', [UNTIL_CLOSE, 'I am al', 'ive'], end],
])('the expected text is found in a body that is framed by %s', async (_framing, pieces, then) => {
  const { health } = await probe(answering(pieces, then), { expectedBody: 'alive' });
  expect(health).toMatchObject(HEALTHY);
});

test.each([
  ['before its length', [`${WITH_LENGTH}I am`], end, INVALID],
  ['before the last chunk', [`${CHUNKED}7\r\nI am al\r\n`], end, INVALID],
  ['before its length, by a reset', [WITH_LENGTH, 'I am'], reset, INVALID],
  ['by a reset, where nothing else tells its end', [UNTIL_CLOSE, 'I am'], reset, MISMATCH],
  ['in good order, without the text', [UNTIL_CLOSE, 'I am'], end, MISMATCH],
])('a body that ends %s', async (_how, pieces, then, verdict) => {
  expect((await probe(answering(pieces, then), { expectedBody: 'alive' })).health).toMatchObject(verdict);
});

test('the answer to HEAD has no body, whatever it says', async () => {
  const monitor = { method: 'HEAD', expectedBody: 'alive' };
  expect((await probe(answering([WITH_LENGTH]), monitor)).health).toMatchObject(MISMATCH);
});

test.each([
  ['speaks before it is asked', (socket: Socket) => void socket.write('220 mail.example ESMTP\r\n')],
  ['has a field without a colon', answering(['HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'])],
  ['has a status of two digits', answering(['HTTP/1.1 20 OK\r\n\r\n'])],
  ['ends within its head', answering(['HTTP/1.1 200 OK\r\nX: y\r\n'], end)],
])('an answer that %s is an invalid response', async (_what, onConnection) => {
  expect((await probe(onConnection)).health).toMatchObject({ ...INVALID, responseCode: 0 });
});

test.each([
  ['GET', {}, ''],
  ['POST', {}, 'Content-Length: 0\r\n'],
  ['POST', { 'content-length': ['0'] }, ''],
  ['', {}, ''],
])(
  'a request with the method "%s" and the fields %j is as long as it says',
  async (method, header, framing) => {
    const { sent } = await probe(answering(['HTTP/1.1 200 OK\r\n\r\n'], end), { method, path: '', header });
    const [head, rest] = sent.split('\r\n\r\n');
    expect(rest).toBe('');
    expect(head?.split('\r\n').slice(0, 2)).toEqual([`${method || 'GET'} / HTTP/1.1`, 'Host: 127.0.0.1']);
    expect(`${head}\r\n`.endsWith(`Connection: close\r\n${framing}`)).toBe(true);
  },
);
