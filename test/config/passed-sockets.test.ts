import { expect, test } from 'vitest';
import { takePassedSockets } from '../../src/config/passed-sockets.js';

const TCP = [{ port: 5432, name: 'db.example.com' }];
const environment = (LISTEN_FDNAMES: string, LISTEN_FDS = `${LISTEN_FDNAMES.split(':').length}`) => ({
  LISTEN_PID: '42',
  LISTEN_FDS,
  LISTEN_FDNAMES,
  PATH: '/bin',
});

test('sockets are told apart by their names, and the variables are removed', () => {
  const env = environment('http:dns:dns:tcp-db.example.com:edge');
  expect(takePassedSockets(env, 42, TCP)).toEqual({
    http: 3,
    dns: [4, 5],
    tcp: new Map([['db.example.com', 6]]),
    edge: 7,
  });
  expect(env).toEqual({ PATH: '/bin' });
});

test('a TCP port may be named by its number', () => {
  expect(takePassedSockets(environment('tcp-5432'), 42, TCP).tcp).toEqual(new Map([['5432', 3]]));
});

test('sockets that were passed to another process are not ours', () => {
  const env = environment('http');
  expect(takePassedSockets(env, 43, TCP)).toEqual({ dns: [], tcp: new Map() });
  expect(env).toEqual({ PATH: '/bin' });
});

test.each([
  ['http:http', undefined],
  ['dns:dns:dns', undefined],
  ['unknown', undefined],
  ['tcp-other.example.com', undefined],
  ['http', '2'],
  ['http', 'x'],
])('the names %s (LISTEN_FDS %s) are refused', (names, count) => {
  expect(() => takePassedSockets(environment(names, count), 42, TCP)).toThrow(/FileDescriptorName=/);
});
