import { expect, test } from 'vitest';
import { START_FLAGS } from '../../src/config/flags.js';
import { parseFlags, UsageError } from '../../src/config/parse.js';
import { startConfig } from '../../src/config/start-config.js';

const configOf = (...argv: string[]) => startConfig(parseFlags(START_FLAGS, argv, {}));

test('nobody in front is expected, trusted or answered by default', () => {
  expect(configOf()).toMatchObject({
    proxyProtocol: { http: 'off', https: 'off', tcp: 'off' },
    trustedProxies: [],
    healthPath: null,
  });
});

test('--proxy-protocol is for all listeners of traffic, unless one has its own', () => {
  const { proxyProtocol, trustedProxies } = configOf(
    '--proxy-protocol=require',
    '--http-proxy-protocol=accept',
    '--tcp-proxy-protocol=off',
    '--trusted-proxies=10.0.0.0/8',
    '--trusted-proxies=2001:db8::1',
  );
  expect(proxyProtocol).toEqual({ http: 'accept', https: 'require', tcp: 'off' });
  expect(trustedProxies.map(({ text }) => text)).toEqual(['10.0.0.0/8', '2001:db8::1/128']);
  expect(configOf('--health-path=/-/healthy').healthPath).toBe('/-/healthy');
});

test.each([
  [['--proxy-protocol=on', '--trusted-proxies=10.0.0.0/8'], 'off or accept or require'],
  [['--https-proxy-protocol=v2', '--trusted-proxies=10.0.0.0/8'], 'off or accept or require'],
  [['--proxy-protocol=accept'], '--proxy-protocol needs --trusted-proxies'],
  [['--tcp-proxy-protocol=require'], '--proxy-protocol needs --trusted-proxies'],
  [['--trusted-proxies=10.0.0.1/8'], 'a network such as 10.0.0.0/8'],
  [['--trusted-proxies=proxy.example.com'], '"proxy.example.com"; it takes an IP address'],
  [['--health-path=healthz'], 'a path without a query, such as /healthz'],
  [['--health-path=/a?b'], 'a path without a query, such as /healthz'],
])('%j is a mistake', (argv, message) => {
  expect(() => configOf(...argv)).toThrow(UsageError);
  expect(() => configOf(...argv)).toThrow(message);
});
