import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { LAB_FLAGS } from '../../support/lab.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { trafficClient } from '../../support/traffic.js';
import { eventually } from '../../support/waiting.js';

const HOST = 'app.example.com';
const BODY = 'x'.repeat(10_000);
const origin = http.createServer((_request, response) => response.end(BODY));
let offramp: SharedOfframp;
let api: Api;
let poolId: string;
let port: number;

beforeAll(async () => {
  offramp = await sharedOfframp([...LAB_FLAGS, '--direct-network=127.0.0.0/8']);
  api = apiOf(offramp);
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  port = (origin.address() as net.AddressInfo).port;
  const monitor = await api.create('@/load_balancers/monitors', {
    type: 'http',
    expected_codes: '200',
    port,
    interval: 1,
    timeout: 1,
    retries: 0,
  });
  const pool = await api.create('@/load_balancers/pools', {
    name: 'a-pool',
    origins: [{ name: 'one', address: '127.0.0.1', port }],
    monitor: monitor.id,
  });
  poolId = pool.id;
  await api.create('%/load_balancers', { name: HOST, default_pools: [poolId], fallback_pool: poolId });
});
afterAll(() => {
  origin.close();
  origin.closeAllConnections();
});
afterEach(() => own('DELETE', 'faults'));

async function own(method: string, target: string, body?: object) {
  const response = await fetch(new URL(`/_offramp/${target}`, offramp.apiUrl), {
    method,
    headers: {
      authorization: 'Bearer test-token',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  return (await response.json()) as any;
}

const fault = async (fields: object) => (await own('POST', 'faults', { on: 'traffic', ...fields })).result;

/** Of a connection of its own: everything that comes, byte by byte, until it ends. */
async function visit(): Promise<string> {
  const [host, httpPort] = offramp.http.split(':');
  const socket = net.connect({ host: host!, port: Number(httpPort) });
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (piece) => {
    received += piece.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return received;
}

test('a fault cuts real answers, counts, is told by the log and by explain, and is gone with its removal', async () => {
  const whole = await visit();
  expect(whole.endsWith(BODY)).toBe(true);
  const { name } = await fault({ client: '127.0.0.1', close_after_bytes: 2_000 });
  expect((await visit()).length).toBe(2_000);
  await fault({ name: 'slow', pool_id: poolId, latency_ms: 1 });
  expect((await visit()).length).toBe(2_000);
  const { requests } = await own('GET', `requests?host=${HOST}&limit=1`);
  expect(requests[0].faults).toEqual([name, 'slow']);
  const explained = await own('GET', `explain?host=${HOST}&ip=127.0.0.1`);
  expect(explained.chosen.faults).toEqual(['slow', name]);
  const { faults } = (await own('GET', 'faults')).result;
  expect(faults.map(({ hits }: { hits: number }) => hits > 0)).toEqual([true, true]);
  await own('DELETE', `faults?name=${name}`);
  await own('DELETE', 'faults?name=slow');
  expect((await visit()).length).toBe(whole.length);
  expect((await own('GET', `requests?host=${HOST}&limit=1`)).requests[0].faults).toEqual([]);
});

test('a connection of a client that rests comes under the fault with its next request', async () => {
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  expect((await client.get(HOST)).status).toBe(200);
  await fault({ client: '127.0.0.0/8', close_after_bytes: 0 });
  await expect(client.get(HOST)).rejects.toThrow();
});

test('health checks go the same way: in a black hole they fail by their own timeout, and pass again after it', async () => {
  const health = async () => {
    const { pop_health } = (await api.get(`@/load_balancers/pools/${poolId}/health`)).body.result;
    const [pop] = Object.values<{ origins: Record<string, { healthy: boolean; failure_reason: string }>[] }>(
      pop_health,
    );
    const { healthy, failure_reason: reason } = Object.values(pop!.origins[0]!)[0]!;
    return healthy ? 'healthy' : reason;
  };
  await eventually(async () => (await health()) === 'healthy');
  await fault({ address: '127.0.0.1', port, black_hole: true });
  await eventually(async () => (await health()) === 'TCP Timeout');
  await own('DELETE', 'faults');
  await eventually(async () => (await health()) === 'healthy');
  await fault({ pool_id: poolId, reset: true });
  await eventually(async () => (await health()) === 'Connection Reset by Peer');
  await own('POST', 'reset');
  expect((await own('GET', 'faults')).result.faults).toEqual([]);
});
