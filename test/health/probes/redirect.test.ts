import { expect, test } from 'vitest';
import { type Hop, isRedirect, nextHop } from '../../../src/health/probes/http.js';
import { firstRequest } from '../../../src/health/probes/http-exchange.js';
import type { LiveMonitor, LiveOrigin } from '../../../src/state/snapshot.js';
import { liveMonitor, liveOrigin } from '../../support/live-objects.js';

function hop(monitor: Partial<LiveMonitor> = {}, origin: Partial<LiveOrigin> = {}): Hop {
  const target = {
    poolId: 'pool-1',
    origin: liveOrigin({ address: '192.0.2.1', ...origin }),
    monitor: liveMonitor({ path: '/a/b?c', ...monitor }),
  };
  return { origin: target.origin, port: 8080, request: firstRequest(target) };
}

/** `address:port host path` of where a redirect leads. */
function leadsTo(location: string, from: Hop): string | null {
  const next = nextHop(from, 302, location);
  return next && `${next.origin.address}:${next.port} ${next.request.host} ${next.request.path}`;
}

test.each([
  ['http://APP.example./ok', '192.0.2.1:8080 app.example /ok'],
  ['https://App.Example./ok', '192.0.2.1:443 app.example /ok'],
])('%s is still the host that was asked, however it is spelled', (location, expected) => {
  expect(leadsTo(location, hop({}, { host: 'App.example.' }))).toBe(expected);
});

test('the redirects are 301, 302, 303, 307 and 308', () => {
  const statuses = [200, 300, 301, 302, 303, 304, 305, 307, 308, 401];
  expect(statuses.filter(isRedirect)).toEqual([301, 302, 303, 307, 308]);
});

test.each([
  ['a path', '/ok', '192.0.2.1:8080 192.0.2.1 /ok'],
  ['a relative path', 'ok?x=1#y', '192.0.2.1:8080 192.0.2.1 /a/ok?x=1'],
  ['the same host', 'http://192.0.2.1/ok', '192.0.2.1:8080 192.0.2.1 /ok'],
  ['the default port by number', 'http://192.0.2.1:80/ok', '192.0.2.1:8080 192.0.2.1 /ok'],
  ['another port', 'http://192.0.2.1:9090/ok', '192.0.2.1:9090 192.0.2.1:9090 /ok'],
  ['another scheme', 'https://192.0.2.1/ok', '192.0.2.1:443 192.0.2.1 /ok'],
  ['another host', 'http://other.example/ok', 'other.example:80 other.example /ok'],
  ['another host without a scheme', '//other.example/ok', 'other.example:80 other.example /ok'],
  ['an IPv6 address', 'http://[2001:DB8::1]:81/ok', '2001:db8::1:81 [2001:db8::1]:81 /ok'],
  ['another protocol', 'ftp://192.0.2.1/ok', null],
  ['no URL', 'http://', null],
])('a redirect of a public origin to %s', (_what, location, expected) => {
  expect(leadsTo(location, hop())).toBe(expected);
});

test.each([
  ['the name that was asked for', 'http://app.example/ok', '10.0.0.1:8080 app.example /ok'],
  ['that name on another port', 'http://app.example:9090/ok', '10.0.0.1:9090 app.example:9090 /ok'],
  ['that name with TLS', 'https://app.example/ok', '10.0.0.1:443 app.example /ok'],
  ['its own address', 'http://10.0.0.1:9090/ok', '10.0.0.1:9090 10.0.0.1:9090 /ok'],
  ['its own address, mapped', 'http://[::ffff:10.0.0.1]/ok', '10.0.0.1:80 [::ffff:a00:1] /ok'],
  ['another private host', 'http://10.0.0.2/ok', null],
  ['another name', 'http://other.example/ok', null],
])('a redirect of a private origin to %s', (_what, location, expected) => {
  const from = hop({}, { address: '10.0.0.1', virtualNetworkId: 'vnet-1', host: 'App.example' });
  expect(leadsTo(location, from)).toBe(expected);
});

test('a path with two slashes does not name a host', () => {
  expect(leadsTo('ok', hop({ path: '//other.example/x' }))).toBe(
    '192.0.2.1:8080 192.0.2.1 //other.example/ok',
  );
});

test('the server name and the kind of connection follow the redirect', () => {
  const from = hop({ header: { Host: ['app.example'] } });
  expect(nextHop(from, 302, 'https://app.example/')?.request).toMatchObject({
    secure: true,
    serverName: 'app.example',
  });
  expect(nextHop(from, 302, 'https://192.0.2.7/')?.request).toMatchObject({ secure: true, serverName: null });
});

test.each([
  [301, 'POST', 'GET'],
  [302, 'POST', 'GET'],
  [303, 'PUT', 'GET'],
  [303, 'HEAD', 'HEAD'],
  [307, 'POST', 'POST'],
  [308, 'POST', 'POST'],
  [302, 'HEAD', 'HEAD'],
])('after %i a %s becomes a %s', (status, method, expected) => {
  expect(nextHop(hop({ method }), status, '/ok')?.request.method).toBe(expected);
});
