import { Duplex } from 'node:stream';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { UpstreamUser } from '../../src/proxy/exchange/contract.js';
import { readRequestHead } from '../../src/proxy/http/request-head.js';
import {
  createDeadlines,
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type Deadlines,
  NEVER,
} from '../../src/proxy/limits.js';
import { OriginConnection } from '../../src/proxy/upstream/origin-connection.js';
import type { OriginRequest } from '../../src/proxy/upstream/origin-target.js';

const REQUEST: OriginRequest = {
  head: readRequestHead('GET / HTTP/1.1\r\nHost: app.example.com\r\n', 10),
  host: 'app.example.com',
  fields: '',
};

/** A connection whose origin is the test: it pushes into the socket. */
function connect(deadlines: Deadlines) {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const connection = new OriginConnection(socket, { key: 'key', endpoint: 'endpoint' }, 0, {
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
    deadlines,
    log: pino({ level: 'silent' }),
    idle: { put() {}, remove() {} },
  });
  onTestFinished(() => connection.destroy());
  return { socket, connection };
}

test('a connection with bytes behind the response that were held back with it is not used again', async () => {
  const deadlines = createDeadlines(DEFAULT_TIMEOUTS.tick);
  onTestFinished(() => deadlines.stop());
  const { socket, connection } = connect(deadlines);

  const reusable = new Promise<boolean>((resolve) => {
    const slowClient: Partial<UpstreamUser> = {
      method: 'GET',
      framed: true,
      takesTrailers: false,
      responseHead() {},
      responsePiece() {
        connection.pause();
        setImmediate(() => connection.resume());
      },
      responseRead() {},
      responseComplete: resolve,
    };
    connection.begin(slowClient as UpstreamUser, REQUEST, []);
  });
  socket.push('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngo');
  await new Promise((resolve) => socket.once('pause', resolve));
  socket.push('od');
  socket.push('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
  expect(await reusable).toBe(false);
});

test('each interim response is a sign of life: the time for the response begins anew, when it is the origin’s turn', () => {
  let moment = 0;
  const deadlines = { after: () => ++moment, watch() {}, forget() {}, stop() {} };
  const { socket, connection } = connect(deadlines);
  const statuses: number[] = [];
  const user: Partial<UpstreamUser> = {
    method: 'POST',
    framed: true,
    takesTrailers: false,
    originInforms: ({ status }) => void statuses.push(status),
  };
  connection.begin(user as UpstreamUser, REQUEST, []);
  const inform = () => socket.emit('data', Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'));
  inform();
  expect(connection.deadline).toBe(NEVER);
  connection.finish();
  const first = connection.deadline;
  inform();
  expect(connection.deadline).toBeGreaterThan(first);
  expect(statuses).toEqual([103, 103]);
});
