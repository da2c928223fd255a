import { once } from 'node:events';
import { expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { startOfframp } from '../support/offramp.js';
import { trafficClient } from '../support/traffic.js';

const ROUNDS = process.env.OFFRAMP_TEST_LONG ? 50 : 2;
const START = '2030-01-31T12:00:00Z';

interface Origin {
  readonly name: string;
  readonly state: { isUp: boolean };
  readonly port: number;
}

async function originCalled(name: string): Promise<Origin> {
  const state = { isUp: true };
  const { port } = await httpOrigin((_request, response) => {
    response.statusCode = state.isUp ? 200 : 503;
    response.end(name);
  });
  return { name, state, port };
}

/** A failover, a session that expires and a token that does, with the clock in the test's hand; what was seen of it. */
async function scenario(origins: readonly Origin[]): Promise<unknown> {
  for (const { state } of origins) state.isUp = true;
  const offramp = await startOfframp([
    '--memory',
    '--random-seed',
    'same again',
    '--direct-network',
    '127.0.0.0/8',
    '--min-monitor-interval',
    '10',
  ]);
  const api = apiOf(offramp);
  const own = async (method: string, target: string, body?: unknown) => {
    const response = await fetch(new URL(`/_offramp/${target}`, offramp.apiUrl), {
      method,
      headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.status).toBe(200);
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
    return (await response.json()) as any;
  };
  await own('POST', 'clock', { stop: true, set: START });
  const seen: unknown[] = [];
  const pools: string[] = [];
  for (const { name, port } of origins) {
    const one = [{ name, address: '127.0.0.1', port }];
    const monitor = await api.create('@/load_balancers/monitors', {
      ...{ type: 'http', port, expected_codes: '200', interval: 10, retries: 0, timeout: 2 },
    });
    pools.push((await api.create('@/load_balancers/pools', { name, monitor: monitor.id, origins: one })).id);
  }
  await api.create('%/load_balancers', {
    ...{ name: 'app.example.com', default_pools: pools, fallback_pool: pools[1], proxied: true },
    steering_policy: 'random',
  });
  const groups = (
    await api.get('/user/tokens/permission_groups?name=Load%20Balancing%3A%20Monitors%20and%20Pools%20Read')
  ).body;
  const token = await api.create('/user/tokens', {
    name: 'an hour',
    expires_on: '2030-01-31T13:00:00Z',
    policies: [
      {
        effect: 'allow',
        permission_groups: [{ id: groups.result[0].id }],
        resources: { [`com.cloudflare.api.account.${offramp.accountId}`]: '*' },
      },
    ],
  });
  await own('POST', 'clock', { advance_ms: 20_000 });
  const client = trafficClient(offramp.http);
  const drawn: string[] = [];
  for (let request = 0; request < 20; request += 1) drawn.push((await client.get('app.example.com')).body);
  seen.push(drawn);
  origins[0]!.state.isUp = false;
  await own('POST', 'clock', { advance_ms: 20_000 });
  for (let request = 0; request < 5; request += 1) seen.push((await client.get('app.example.com')).body);
  const limited = apiOf(offramp, token.value);
  seen.push((await limited.get('@/load_balancers/pools')).status);
  await own('POST', 'clock', { set: '2030-01-31T13:00:01Z' });
  seen.push((await limited.get('@/load_balancers/pools')).status);
  const events = (await api.get('/user/load_balancing_analytics/events')).body.result;
  seen.push(
    events.map(({ timestamp, pool, origins }: Record<string, unknown>) => ({ timestamp, pool, origins })),
  );
  const { requests } = await own('GET', 'requests');
  seen.push(
    requests.map(
      ({ duration_ms: _took, first_byte_ms: _first, client_ip: _ip, ...rest }: Record<string, unknown>) =>
        rest,
    ),
  );
  client.close();
  const exit = once(offramp.process, 'exit');
  await offramp.stop();
  await exit.catch(() => undefined);
  return seen;
}

test('with a stopped clock and a seed, the same is asked and the same comes of it', async () => {
  // The same for all rounds: their ports are told.
  const origins = await Promise.all(['one', 'two'].map(originCalled));
  const first = await scenario(origins);
  const [drawn] = first as [string[]];
  expect(new Set(drawn)).toEqual(new Set(['one', 'two']));
  for (let round = 1; round < ROUNDS; round += 1)
    expect(await scenario(origins), `round ${round}`).toEqual(first);
});
