import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { START_FLAGS } from '../../src/config/flags.js';
import { parseFlags, UsageError } from '../../src/config/parse.js';
import { isLoopback, startConfig } from '../../src/config/start-config.js';

const TOKEN = 'a-token-of-more-than-32-characters-0';
const configOf = (...argv: string[]) => startConfig(parseFlags(START_FLAGS, argv, {}));

test('the defaults are loopback, any credential and a database below the home directory', () => {
  expect(configOf()).toMatchObject({
    api: { host: '127.0.0.1', port: 7840 },
    edge: { host: '127.0.0.1', port: 7844 },
    http: { host: '127.0.0.1', port: 7880 },
    https: { host: '127.0.0.1', port: 7883 },
    tls: null,
    dataDir: path.join(os.homedir(), '.offramp'),
    databaseUrl: null,
    auth: { mode: 'any' },
    accountId: null,
    zoneId: null,
    passiveHealthMs: null,
    halfCloseIdleMs: 5_000,
    drainMs: 10_000,
  });
});

test('loopback may be dialled without a virtual network where every credential counts, else only what is named', () => {
  const networksOf = (...argv: string[]) => configOf(...argv).directNetworks.dialled.map(({ text }) => text);
  expect(networksOf()).toEqual(['127.0.0.0/8', '::1/128']);
  expect(networksOf('--direct-network=10.0.0.0/8', '--direct-network', 'fd00::1')).toEqual([
    '127.0.0.0/8',
    '::1/128',
    '10.0.0.0/8',
    'fd00::1/128',
  ]);
  const { named } = configOf('--direct-network=fd00::1').directNetworks;
  expect(named.map(({ text }) => text)).toEqual(['fd00::1/128']);
  expect(networksOf('--api-token', TOKEN)).toEqual([]);
  expect(networksOf('--api-token', TOKEN, '--direct-network=172.16.0.0/12')).toEqual(['172.16.0.0/12']);
});

test('--host is for all listeners, unless edge, HTTP or HTTPS have their own', () => {
  const config = configOf('--host=::1', '--http-host=0.0.0.0', '--https-host=::', '--edge-host=localhost');
  const { api, edge, http, https } = config;
  expect([api.host, edge.host, http.host, https.host]).toEqual(['::1', 'localhost', '0.0.0.0', '::']);
});

test('the connections of the API are limited by a number from 1, or by what the process may have', () => {
  expect(configOf().maxApiConnections).toBeNull();
  expect(configOf('--max-api-connections=20').maxApiConnections).toBe(20);
  expect(() => configOf('--max-api-connections=0')).toThrow('--max-api-connections is "0"; it takes');
});

test('limits of traffic are numbers from 1', () => {
  expect(configOf().limits).toEqual({ clientConnections: 10_000, tcpConnections: 10_000, streams: 10_000 });
  const { limits } = configOf(
    '--max-client-connections=50000',
    '--max-tcp-connections=20',
    '--max-http2-streams=1',
  );
  expect(limits).toEqual({ clientConnections: 50_000, tcpConnections: 20, streams: 1 });
  expect(() => configOf('--max-client-connections=0')).toThrow('a whole number from 1 to 1000000');
});

test('--memory keeps nothing, and a relative data directory becomes absolute', () => {
  expect(configOf('--memory').dataDir).toBeNull();
  expect(configOf('--data-dir=here').dataDir).toBe(path.resolve('here'));
  expect(configOf('--data-dir=~').dataDir).toBe(os.homedir());
  expect(configOf('--data-dir=~other').dataDir).toBe(path.resolve('~other'));
});

test('a token makes it strict, and only its digest is kept', () => {
  const digests = [createHash('sha256').update(TOKEN).digest()];
  expect(configOf('--api-token', TOKEN).auth).toEqual({ mode: 'strict', digests });
  expect(configOf('--host=0.0.0.0', '--api-token', TOKEN).auth).toEqual({ mode: 'strict', digests });
  expect(JSON.stringify(configOf('--api-token', TOKEN))).not.toContain(TOKEN);
  expect(configOf('--auth=any', '--api-token', TOKEN).auth).toEqual({ mode: 'any' });
});

test('notifications go nowhere unless an address is given', () => {
  expect(configOf().notify).toBeNull();
  const url = 'https://hooks.example.com/a?key=1';
  expect(configOf('--notify-url', url).notify).toEqual({ url, secret: null });
  const secret = 'sixteen letters!';
  expect(configOf('--notify-url', url, '--notify-secret', secret).notify).toEqual({ url, secret });
});

test.each([
  [['--notify-url=ftp://a'], '--notify-url is "ftp://a"; it takes an http or https URL without a user name'],
  [['--notify-url=http://a:b@c'], /without a user name/],
  [['--notify-url=here'], /it takes an http or https URL/],
  [['--notify-secret=sixteen letters!'], '--notify-secret signs notifications, and needs --notify-url'],
  [['--notify-url=http://a', '--notify-secret=short'], /--notify-secret has 5 characters; take 16 or more/],
])('notifications cannot be sent with %j', (argv, message) => {
  expect(() => configOf(...argv)).toThrow(message);
});

test('there are no limits unless they are asked for', () => {
  expect(configOf()).toMatchObject({ rateLimit: null, quotas: null });
  expect(configOf('--rate-limit=1200').rateLimit).toBe(1200);
});

test.each([
  ['free', { pools: 20, origins: 20, interval: 60, regions: 1, tunnels: 1000, routes: 1000 }],
  ['business', { 'load-balancers': 20, interval: 15 }],
  ['enterprise', { pools: Number.MAX_SAFE_INTEGER, interval: 10, tunnels: 1000 }],
  ['pro,origins=5', { pools: 20, origins: 5, interval: 60 }],
  ['pools=2,routes=0', { pools: 2, routes: 0, interval: 1, tunnels: Number.MAX_SAFE_INTEGER }],
])('the quotas "%s" are %j', (text, quotas) => {
  expect(configOf(`--quotas=${text}`).quotas).toMatchObject(quotas);
});

test('strict without a token has none yet: the one of the data directory counts', () => {
  for (const argv of ['--host=::', '--auth=strict'])
    expect(configOf(argv).auth).toEqual({ mode: 'strict', digests: [] });
});

test('a traffic port that others can reach does not open the API', () => {
  expect(configOf('--http-host=0.0.0.0').auth).toEqual({ mode: 'any' });
});

test.each([
  [['--host=::', '--memory'], /listening on ::.*--api-token.*with --memory/],
  [
    ['--host=::', '--standby', '--database-url=postgres://x'],
    /listening on ::.*--api-token.*with --standby: clients show the same one/,
  ],
  [['--host=10.0.0.1', '--auth=any'], /--auth any.*10\.0\.0\.1/],
  [['--auth=strict', '--memory'], /--auth strict.*--api-token/],
  [['--auth=none'], /--auth is "none".*any or strict/],
  [['--api-token=short'], /has 5 characters.*32 or more/],
  [[`--api-token=${TOKEN} more`], /cannot be sent in an Authorization header: it takes up to 512 letters/],
  [[`--api-token=${TOKEN}ü`], /cannot be sent in an Authorization header/],
  [[`--api-token=${'a'.repeat(513)}`], /cannot be sent in an Authorization header/],
  [['--host=example.com'], /an IP address or localhost/],
  [['--port=65536'], /0 to 65535/],
  [['--port=1e3'], /--port is "1e3"/],
  [['--edge-port=-1'], /--edge-port is "-1"/],
  [['--memory', '--database-url=postgres://x'], /exclude each other/],
  [['--standby'], /needs --database-url \(DATABASE_URL\); an embedded database belongs to one process/],
  [['--database-url=mysql://x'], /postgres:\/\//],
  [
    ['--data-dir=a', '--edge-ca-out=a/ca.pem'],
    /--edge-ca-out is "a\/ca.pem"; it takes a file outside of --data-dir/,
  ],
  [['--edge-ca-out='], /--edge-ca-out is ""; it takes the path of a file/],
  [['--data-dir='], /--data-dir is ""; it takes the path of a directory/],
  [['--account-id=XYZ'], /32 lower-case/],
  [['--zone-id=0123'], /32 lower-case/],
  [['--domain=localhost'], /a domain such as/],
  [['--pop=lowercase'], /capital/],
  [['--api-date=today'], /--api-date is "today"; it takes a date such as 2026-10-05/],
  [['--api-date=2026-02-30'], /a date such as/],
  [['--api-date=2026-1-5'], /a date such as/],
  [['--api-date=2026-10-05T00:00:00Z'], /a date such as/],
  [['--api-date=2026-13-01'], /a date such as/],
  [['--min-monitor-interval=0'], /1 to 3600/],
  [['--rate-limit=0'], /1 to 1000000/],
  [['--quotas=gratis'], /"gratis" is not understood; it takes a plan \(free, pro, business, enterprise\)/],
  [['--quotas=pools'], /"pools" is not understood/],
  [['--quotas=pools=-1'], /limits are load-balancers, pools/],
  [['--quotas=pools=1,free'], /"free" is not understood/],
  [['--quotas=__proto__=1'], /is not understood/],
  [['--half-close-idle=3601'], /0 to 3600/],
  [['--passive-health=3601'], /0 to 3600/],
  [['--drain-timeout=3601'], /0 to 3600/],
  [['--origin-uniqueness=zone'], /account or pool/],
  [['--origin-tls=off'], /full or strict/],
  [['--direct-network=10.0.0.1/8'], /--direct-network is "10\.0\.0\.1\/8".*a network such as 10\.0\.0\.0\/8/],
  [['--direct-network=localhost'], /--direct-network is "localhost"/],
  [['--log-level=loud'], /trace or debug/],
])('%j is refused with what would be right', (argv, message) => {
  expect(() => configOf(...argv)).toThrow(UsageError);
  expect(() => configOf(...argv)).toThrow(message);
});

test('tokens in the variable are apart from the spaces between them', () => {
  const env = { OFFRAMP_API_TOKEN: `${TOKEN}, ${TOKEN}2` };
  const digests = [TOKEN, `${TOKEN}2`].map((token) => createHash('sha256').update(token).digest());
  expect(startConfig(parseFlags(START_FLAGS, [], env)).auth).toEqual({ mode: 'strict', digests });
});

test('a message about a token or a database does not repeat it', () => {
  for (const argv of ['--api-token=secret', '--database-url=mysql://user:secret@host']) {
    let message = '';
    try {
      configOf(argv);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/^UsageError: --/);
    expect(message).not.toContain('secret');
  }
});

test.each([
  ['localhost', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['128.0.0.1', false],
])('%s is loopback: %j', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
