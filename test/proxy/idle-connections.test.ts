import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { createDeadlines } from '../../src/proxy/limits.js';
import { createOriginDial, type DialOutcome } from '../../src/proxy/upstream/connection-pool.js';
import { originTarget } from '../../src/proxy/upstream/origin-target.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { httpOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { startRig } from './rig.js';

test('connections at rest are limited in all: the one that has rested longest makes room', async () => {
  const one = await httpOrigin((_, response) => response.end('ok'));
  const two = await httpOrigin((_, response) => response.end('ok'));
  const rig = await startRig({
    limits: { idleTotal: 1 },
    upsert: {
      pool: [
        unmonitoredPool({ id: 'one', origins: [liveOrigin({ port: one.port })] }),
        unmonitoredPool({ id: 'two', origins: [liveOrigin({ port: two.port })] }),
      ],
      load_balancer: [
        liveLoadBalancer({ name: 'one.example.com', defaultPools: ['one'] }),
        liveLoadBalancer({ name: 'two.example.com', defaultPools: ['two'] }),
      ],
    },
  });
  const client = await rawClient(rig.port);
  const hosts = ['one', 'one', 'two', 'two', 'one'];
  for (const [index, host] of hosts.entries()) {
    client.send(`GET / HTTP/1.1\r\nHost: ${host}.example.com\r\n\r\n`);
    await client.receive((text) => text.match(/\r\n\r\nok/g)?.length === index + 1);
  }
  expect([one.connections(), two.connections()]).toEqual([2, 1]);
});

test('a connection does not keep alive what has dialled it', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collectGarbage = vm.runInNewContext('gc') as () => void;
  const origin = await httpOrigin(() => {});
  const deadlines = createDeadlines(20);
  onTestFinished(() => deadlines.stop());
  const direct = createDirectDialer();
  const dial = createOriginDial(
    { dial: ({ address }, port, options) => direct.dial({ host: address, port }, options) },
    deadlines,
    5_000,
    'full',
    'http/1.1',
  );
  let user: WeakRef<DialOutcome> | undefined;
  const connected = () =>
    new Promise<Duplex>((resolve, reject) => {
      const outcome: DialOutcome = { connected: resolve, failed: (_, cause) => reject(cause) };
      user = new WeakRef(outcome);
      dial(originTarget(liveOrigin({ port: origin.port }), 'app.example.com', 'pool'), '192.0.2.1', outcome);
    });
  const socket = await connected();
  onTestFinished(() => void socket.destroy());
  for (let turns = 0; turns < 10; turns += 1) {
    await nextTurn();
    collectGarbage();
  }
  expect(socket.destroyed).toBe(false);
  expect(user?.deref()).toBeUndefined();
});
