import dns from 'node:dns/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';
import { type TrafficClient, trafficClient } from '../support/traffic.js';

let offramp: SharedOfframp;
let api: Api;
let client: TrafficClient;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  client = trafficClient(offramp.http);
});
afterAll(async () => {
  client.close();
  await offramp.stop();
});

const codeOf = async (host: string) => {
  const { status, body } = await client.get(host);
  return `${status} ${/error code: (\d+)/.exec(body)?.[1]}`;
};

test('traffic, DNS and explanations follow a record as soon as it has been written, and its tunnel', async () => {
  const host = 'app.example.com';
  expect(await codeOf(host)).toBe('530 1001');
  const tunnel = await api.create('@/cfd_tunnel', { name: 'published' });
  const record = await api.create('%/dns_records', {
    type: 'CNAME',
    name: 'app',
    content: `${tunnel.id}.cfargotunnel.com`,
    proxied: true,
  });
  expect(await codeOf(host)).toBe('530 1033');
  const resolver = new dns.Resolver();
  resolver.setServers([offramp.dns]);
  expect(await resolver.resolve4(host)).toEqual(['127.0.0.1']);
  const named = { id: record.id, name: host };
  const admin = async (path: string) => {
    const headers = { authorization: 'Bearer test-token' };
    return (await (await fetch(new URL(path, offramp.apiUrl), { headers })).json()) as Record<
      string,
      unknown
    >;
  };
  expect(await admin(`/_offramp/explain?host=${host}`)).toMatchObject({ published_hostname: named });
  expect((await admin(`/_offramp/requests?host=${host}&limit=1`)).requests).toMatchObject([
    { published_hostname: named, load_balancer: null, pool: null, error: 'no_ingress' },
  ]);

  await api.delete(`@/cfd_tunnel/${tunnel.id}`);
  expect(await codeOf(host)).toBe('530 1033');
  const origins = [{ name: 'one', address: 'origin.example.net', enabled: false }];
  const pool = await api.create('@/load_balancers/pools', { name: 'one', origins });
  const balancer = await api.create('%/load_balancers', {
    name: host,
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
  });
  expect(await codeOf(host)).toBe('530 1016');
  await api.delete(`%/load_balancers/${balancer.id}`);
  expect(await codeOf(host)).toBe('530 1033');
  await api.delete(`%/dns_records/${record.id}`);
  expect(await codeOf(host)).toBe('530 1001');
});
