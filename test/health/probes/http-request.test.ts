import { expect, test } from 'vitest';
import { firstRequest, hostName, serverNameOf } from '../../../src/health/probes/http-request.js';
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
  ['app.example', 'app.example', 'app.example'],
  ['app.example:8443', 'app.example', 'app.example'],
  ['192.0.2.1:8443', '192.0.2.1', null],
  ['[2001:db8::1]:8443', '2001:db8::1', null],
  ['2001:db8::1', '2001:db8::1', null],
])('the Host header %s names %s', (host, name, serverName) => {
  expect([hostName(host), serverNameOf(host)]).toEqual([name, serverName]);
});
