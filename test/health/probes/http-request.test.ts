import { expect, test } from 'vitest';
import { firstRequest, hostName, serverNameOf } from '../../../src/health/probes/http-exchange.js';
import { liveMonitor, liveOrigin } from '../../support/live-objects.js';

test.each([
  ['192.0.2.1', '192.0.2.1', null],
  ['2001:db8::1', '[2001:db8::1]', null],
  ['origin.example', 'origin.example', 'origin.example'],
])('an origin at %s without a Host header is asked for as %s', (address, host, serverName) => {
  const origin = liveOrigin({ address });
  expect(firstRequest({ poolId: 'pool-1', origin, monitor: liveMonitor() })).toMatchObject({
    host,
    serverName,
  });
});

test.each([
  [{ host: 'App.Example.COM.' }, {}, 'app.example.com'],
  [{}, { header: { host: ['App.Example.COM.:8080'] } }, 'app.example.com:8080'],
  [{ address: 'Origin.Example.' }, {}, 'origin.example'],
])('with the Host of %j and %j an origin is asked as traffic asks it, for %s', (values, settings, host) => {
  const target = { poolId: 'pool-1', origin: liveOrigin(values), monitor: liveMonitor(settings) };
  expect(firstRequest(target)).toMatchObject({ host, serverName: host.replace(':8080', '') });
});

test.each([
  ['app.example', 'app.example', 'app.example'],
  ['app.example:8443', 'app.example', 'app.example'],
  ['192.0.2.1:8443', '192.0.2.1', null],
  ['[2001:db8::1]:8443', '2001:db8::1', null],
  ['2001:db8::1', '2001:db8::1', null],
])('the Host header %s names %s', (host, name, serverName) => {
  expect([hostName(host), serverNameOf(host)]).toEqual([name, serverName]);
});
