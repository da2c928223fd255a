import { expect, test } from 'vitest';
import type { DialFailure } from '../../src/tunnel/egress/contract.js';
import { closedPort } from '../support/fake-origins.js';
import { liveLoadBalancer, liveOrigin, livePool, unmonitoredPool } from '../support/live-objects.js';
import { rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

test.each<[DialFailure, number, number]>([
  ['refused', 521, 521],
  ['reset', 521, 521],
  ['timeout', 522, 522],
  ['unreachable', 523, 523],
  ['no_route', 523, 523],
  ['no_connection', 523, 523],
  ['other', 523, 523],
  ['unknown_host', 530, 1016],
  ['prohibited', 530, 1002],
  ['no_ingress', 530, 1033],
])('a dial that fails with %s is answered with %i and code %i', async (failure, status, code) => {
  const rig = await startRig({ origins: [9], failures: { '127.0.0.1:9': failure } });
  const client = await rawClient(rig.port);
  client.send(GET);
  const received = await client.receive((text) => text.includes('ray: '));
  expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(received).toContain(`error code: ${code}\n`);
  expect(received).toMatch(/\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
  const [, ray] = /\r\nCF-Ray: (\S+)\r\n/.exec(received)!;
  expect(received).toContain(`ray: ${ray}\n`);
  expect(received).not.toMatch(/\r\nConnection: /);
});

test('the answer to HEAD has no body and the connection goes on', async () => {
  const rig = await startRig({ origins: [await closedPort()] });
  const client = await rawClient(rig.port);
  client.send(GET.replace('GET', 'HEAD'));
  const received = await client.receive((text) => text.includes('\r\n\r\n'));
  expect(received).toMatch(/^HTTP\/1\.1 521 [\s\S]*\r\n\r\n$/);
  client.send(GET);
  await client.receive((text) => text.includes('error code: 521'));
});

test('no pool and no fallback pool is answered with 530 and code 1016', async () => {
  const rig = await startRig({
    upsert: { pool: [unmonitoredPool({ id: 'pool', enabled: false, origins: [] })] },
  });
  const client = await rawClient(rig.port);
  client.send(GET);
  expect(await client.receive((text) => text.includes('ray: '))).toMatch(
    /^HTTP\/1\.1 530 [\s\S]*error code: 1016/,
  );
});

test('the fallback pool serves when no other pool can', async () => {
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nfallback'));
  });
  const rig = await startRig({
    upsert: {
      pool: [
        livePool({ id: 'down', monitorId: 'm', origins: [liveOrigin({ port: 9 })] }),
        livePool({ id: 'last', monitorId: 'm', origins: [liveOrigin({ port: origin.port })] }),
      ],
      load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['down'], fallbackPool: 'last' })],
    },
  });
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.endsWith('fallback'));
});

test('an origin that closes without an answer to a POST gets 520', async () => {
  const origin = await rawOrigin((socket) => socket.once('data', () => socket.end()));
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 0\r\n\r\n`);
  await client.receive((text) => text.includes('error code: 520'));
  expect(rig.dialled).toHaveLength(1);
});
