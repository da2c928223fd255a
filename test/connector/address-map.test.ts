import { expect, test } from 'vitest';
import { parseHostPort, parseIpPort, parseMap } from '../../src/tunnel/connector/options.js';

test('mappings are read, with the asked address in its canonical form', () => {
  expect([...parseMap(['10.0.0.1:80=127.0.0.1:9001', '[FD00:0::1]:443=localhost:9002'])]).toEqual([
    ['10.0.0.1:80', '127.0.0.1:9001'],
    ['[fd00::1]:443', 'localhost:9002'],
  ]);
  expect(parseMap([]).size).toBe(0);
});

test.each([
  ['10.0.0.1:80', '<ip>:<port>=<host>:<port>'],
  ['host:80=127.0.0.1:1', '<ip>:<port>=<host>:<port>'],
  ['10.0.0.1=127.0.0.1:1', '<ip>:<port>=<host>:<port>'],
  ['10.0.0.1:80=127.0.0.1:1=2', '<ip>:<port>=<host>:<port>'],
  ['10.0.0.1:80=127.0.0.1', '"127.0.0.1" is not <host>:<port>'],
  ['10.0.0.1:80=127.0.0.1:0', '"127.0.0.1:0" is not <host>:<port>'],
  ['10.0.0.1:80=127.0.0.300:1', '"127.0.0.300:1" is not <host>:<port>'],
])('a bad mapping is explained: %s', (entry, reason) => {
  expect(() => parseMap([entry])).toThrow(`invalid mapping "${entry}": `);
  expect(() => parseMap([entry])).toThrow(reason);
});

test('an address that is mapped twice is refused', () => {
  expect(() => parseMap(['10.0.0.1:80=a:1', '10.0.0.1:80=b:2'])).toThrow('mapped already, to a:1');
});

test('a destination is an IP address and a port, and nothing else', () => {
  expect(parseIpPort('10.0.0.1:80')).toEqual({ host: '10.0.0.1', port: 80 });
  expect(parseIpPort('[::1]:65535')).toEqual({ host: '::1', port: 65_535 });
  expect(parseIpPort('[::ffff:10.0.0.1]:1')).toEqual({ host: '10.0.0.1', port: 1 });
  for (const text of [
    '',
    'localhost:80',
    '10.0.0.1',
    '10.0.0.1:',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0.1:080000',
    '010.0.0.1:80',
    '::1:80',
    '[10.0.0.1]:80',
    '[::1]',
    '[::1%eth0]:80',
    '10.0.0.1:80 ',
    '10.0.0.1:-1',
  ]) {
    expect(parseIpPort(text), text).toBeNull();
  }
});

test('a host and port may name a host', () => {
  expect(parseHostPort('edge.example.com:7844')).toEqual({ host: 'edge.example.com', port: 7844 });
  expect(parseHostPort('[::1]:7844')).toEqual({ host: '::1', port: 7844 });
  for (const text of ['edge', 'edge:', '-edge:1', 'a b:1', '1.2.3:80', 'http://edge:1', 'edge:70000']) {
    expect(parseHostPort(text), text).toBeNull();
  }
});
