import { expect, test } from 'vitest';
import { START_FLAGS } from '../../src/config/flags.js';
import { parseFlags, UsageError } from '../../src/config/parse.js';
import {
  NO_SOCKETS,
  type PassedSockets,
  refuseSharedPorts,
  takePassedSockets,
} from '../../src/config/passed-sockets.js';
import { startConfig } from '../../src/config/start-config.js';

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

const sharing = (...argv: string[]) => startConfig(parseFlags(START_FLAGS, argv, {}));

test.each([
  [
    ['--port=9000', '--edge-port=9000'],
    '--port and --edge-port both take port 9000 of 127.0.0.1; each needs',
  ],
  [['--https-port=7880'], '--http-port and --https-port both take port 7880'],
  [['--tcp=7853=db.example.com'], '--dns-port and --tcp both take port 7853'],
])('%j name one port twice, and that is said', (argv, message) => {
  expect(() => refuseSharedPorts(sharing(...argv), NO_SOCKETS)).toThrow(UsageError);
  expect(() => refuseSharedPorts(sharing(...argv), NO_SOCKETS)).toThrow(message);
});

test.each<[string[], PassedSockets]>([
  [[], NO_SOCKETS],
  [['--port=9000', '--edge-port=9000', '--edge-host=127.0.0.2'], NO_SOCKETS],
  [['--port=0', '--edge-port=0'], NO_SOCKETS],
  [['--port=7880'], { ...NO_SOCKETS, http: 3 }],
  [['--port=7853'], { ...NO_SOCKETS, dns: [3] }],
  [['--tcp=7840=db.example.com'], { ...NO_SOCKETS, tcp: new Map([['db.example.com', 3]]) }],
])('%j with the sockets %j name no port twice', (argv, passed) => {
  expect(() => refuseSharedPorts(sharing(...argv), passed)).not.toThrow();
});
