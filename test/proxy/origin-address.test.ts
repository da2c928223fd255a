import { expect, test } from 'vitest';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { ask } from './ask.js';
import { httpOrigin } from './fake-origin.js';
import { HOST, startRig } from './rig.js';

const rigOf = (origin: ReturnType<typeof liveOrigin>) =>
  startRig({
    failures: { '192.0.2.1:80': 'unreachable', '192.0.2.1:8081': 'unreachable' },
    upsert: {
      pool: [unmonitoredPool({ id: 'a', origins: [origin] })],
      load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['a'] })],
    },
  });

test.each([
  [8081, 8081],
  [0, 80],
])('T82 an origin with port %d is dialled at port %d', async (port, dialled) => {
  const rig = await rigOf(liveOrigin({ address: '192.0.2.1', port }));
  expect((await ask(rig.port)).status).toBe(523);
  expect(rig.dialled).toEqual([`192.0.2.1:${dialled}`]);
});

test.each([
  ['shop.example.net', 'shop.example.net'],
  [null, HOST],
])('T83 an origin whose Host is overridden with %j gets %j', async (host, expected) => {
  const { port } = await httpOrigin((request, response) => response.end(request.headers.host));
  const rig = await rigOf(liveOrigin({ port, host }));
  expect((await ask(rig.port)).body).toBe(expected);
});
