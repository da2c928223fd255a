import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const UNKNOWN = '11111111-2222-4333-8444-555555555555';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const newTunnel = async (name: string): Promise<string> => (await api.create('@/cfd_tunnel', { name })).id;
const route = (tunnel: string, body: unknown) => api.put(`%/tunnels/${tunnel}/routes`, body);
const named = async (path: string, name: string) =>
  (await api.get(path)).body.result.find((object: { name: string }) => object.name === name);

test('the pool and the load balancer are made, extended or left as they are', async () => {
  const [first, second] = [await newTunnel('first'), await newTunnel('second')];
  const to = async (tunnel: string, lb: string, lb_pool: string) => {
    const answer = await route(tunnel, { type: 'lb', lb_name: `${lb}.${offramp.domain}`, lb_pool });
    expect([answer.status, answer.body.messages]).toEqual([200, []]);
    return `${answer.body.result.load_balancer},${answer.body.result.pool}`;
  };
  expect(await to(first, 'App', 'one')).toBe('new,new');
  expect(await to(first, 'app', 'one')).toBe('unchanged,unchanged');
  expect(await to(second, 'app', 'one')).toBe('unchanged,updated');
  expect(await to(second, 'app', 'two')).toBe('updated,new');
  expect(await to(first, 'web', 'one')).toBe('new,unchanged');
  expect(await to(first, 'shop', 'two')).toBe('new,updated');
  expect(await to(first, 'web', 'two')).toBe('updated,unchanged');

  const pool = await named('@/load_balancers/pools', 'one');
  expect(pool.origins).toMatchObject([
    { name: first, address: `${first}.cfargotunnel.com`, enabled: true, weight: 1 },
    { name: second, address: `${second}.cfargotunnel.com` },
  ]);
  const other = await named('@/load_balancers/pools', 'two');
  expect(await named('%/load_balancers', `app.${offramp.domain}`)).toMatchObject({
    default_pools: [pool.id, other.id],
    fallback_pool: pool.id,
    proxied: true,
  });
});

test('what else a pool and a load balancer have stays', async () => {
  const tunnel = await newTunnel('kept');
  const origin = { name: 'kept', address: '8.8.8.8', port: 8080, header: { Host: ['8.8.8.8'] } };
  const before = await api.create('@/load_balancers/pools', {
    name: 'kept',
    description: 'd',
    minimum_origins: 2,
    origins: [origin],
  });
  await route(tunnel, { type: 'lb', lb_name: `kept.${offramp.domain}`, lb_pool: 'kept' });
  const after = await named('@/load_balancers/pools', 'kept');
  expect(after).toMatchObject({ id: before.id, description: 'd', minimum_origins: 2 });
  expect(after.origins).toHaveLength(2);
  expect(after.origins[0]).toEqual(before.origins[0]);
});

test('nothing is made when a part of it cannot be', async () => {
  const tunnel = await newTunnel('half');
  const answer = await route(tunnel, { type: 'lb', lb_name: 'app.elsewhere.test', lb_pool: 'half' });
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1002]);
  expect(await named('@/load_balancers/pools', 'half')).toBeUndefined();
});

test('a host name is led to the tunnel by a DNS record that is made, changed or left as it is', async () => {
  const [first, second] = [await newTunnel('named'), await newTunnel('renamed')];
  const to = async (tunnel: string, user_hostname: string, overwrite_existing = false) => {
    const answer = await route(tunnel, { type: 'dns', user_hostname, overwrite_existing });
    expect([answer.status, answer.body.messages]).toEqual([200, []]);
    return answer.body.result;
  };
  const name = 'app.example.com';
  expect(await to(first, 'App.example.com')).toEqual({ cname: 'new', name });
  const [record] = (await api.get(`%/dns_records?name=${name}`)).body.result;
  expect(record).toMatchObject({ type: 'CNAME', content: `${first}.cfargotunnel.com`, proxied: true });
  await api.patch(`%/dns_records/${record.id}`, { comment: 'kept' });
  expect(await to(first, 'app')).toEqual({ cname: 'unchanged', name });

  const taken = await route(second, { type: 'dns', user_hostname: name });
  expect([taken.status, taken.body.errors]).toEqual([
    400,
    [
      {
        code: 1003,
        message: `Failed to create record ${name} with err An A, AAAA, or CNAME record with that host already exists.`,
      },
    ],
  ]);
  expect(await to(second, 'app', true)).toEqual({ cname: 'updated', name });
  expect((await api.get(`%/dns_records/${record.id}`)).body.result).toMatchObject({
    content: `${second}.cfargotunnel.com`,
    comment: 'kept',
  });
  expect(await to(first, '*.dev')).toEqual({ cname: 'new', name: '*.dev.example.com' });
});

test('a name with addresses is led to the tunnel in their place, and keeps its text', async () => {
  const tunnel = await newTunnel('in place');
  const name = 'addressed.example.com';
  const records = [
    { type: 'A', content: '192.0.2.1', ttl: 60 },
    { type: 'A', content: '192.0.2.2' },
    { type: 'TXT', content: 'text' },
  ];
  for (const record of records) await api.create('%/dns_records', { name, ...record });
  const taken = await route(tunnel, { type: 'dns', user_hostname: name });
  expect([taken.status, taken.body.errors[0].code]).toEqual([400, 1003]);
  const led = await route(tunnel, { type: 'dns', user_hostname: name, overwrite_existing: true });
  expect(led.body.result).toEqual({ cname: 'updated', name });
  const left = (await api.get(`%/dns_records?name=${name}&order=type`)).body.result;
  expect(left).toMatchObject([
    { type: 'CNAME', content: `${tunnel}.cfargotunnel.com`, proxied: true, ttl: 1 },
    { type: 'TXT', content: 'text' },
  ]);
  expect(left).toHaveLength(2);
});

test('a host name outside the zone is taken to stand below it', async () => {
  const tunnel = await newTunnel('outside');
  const { result } = (await route(tunnel, { type: 'dns', user_hostname: 'app.other.com' })).body;
  expect(result).toEqual({ cname: 'new', name: 'app.other.com.example.com' });
  const broken = await route(tunnel, { type: 'dns', user_hostname: 'a..b' });
  expect([broken.status, broken.body.errors[0].code]).toEqual([400, 1004]);
});

test('only a live tunnel of cloudflared is led to, in a zone that is there', async () => {
  const bodies = [
    { type: 'lb', lb_name: `gone.${offramp.domain}`, lb_pool: 'gone' },
    { type: 'dns', user_hostname: 'gone' },
  ];
  const gone = await newTunnel('gone');
  await api.delete(`@/cfd_tunnel/${gone}`);
  const { id: warp } = await api.create('@/warp_connector', { name: 'warp' });
  for (const tunnel of [gone, warp, UNKNOWN])
    for (const body of bodies)
      expect((await route(tunnel, body)).body.errors[0]).toEqual({ code: 1003, message: 'Tunnel not found' });
  for (const body of bodies) {
    const elsewhere = await api.put(`/zones/${'0'.repeat(32)}/tunnels/${gone}/routes`, body);
    expect([elsewhere.status, elsewhere.body.errors[0].code]).toEqual([404, 7003]);
  }
  expect(await named('@/load_balancers/pools', 'gone')).toBeUndefined();
});

test.each<[unknown, RegExp]>([
  [{}, /type/],
  [{ type: 'ip' }, /type/],
  [{ type: 'lb' }, /lb_name/],
  [{ type: 'lb', lb_name: 'a.example.com' }, /lb_pool/],
  [{ type: 'lb', lb_name: '', lb_pool: 'p' }, /lb_name must not be empty/],
  [{ type: 'lb', lb_name: 'a.example.com', lb_pool: 'a\0' }, /lb_pool must not contain NUL/],
  [{ type: 'lb', lb_name: 'x'.repeat(256), lb_pool: 'p' }, /lb_name must be at most 255 characters/],
  [
    { type: 'lb', lb_name: 'a.example.com', lb_pool: 'no pool' },
    /lb_pool must have letters, digits, - and _ only/,
  ],
  [{ type: 'dns' }, /user_hostname/],
  [{ type: 'dns', user_hostname: 'a', overwrite_existing: 'yes' }, /overwrite_existing/],
  [[], /object/],
])('a body that cannot be used is refused: %j', async (body, message) => {
  const tunnel = await newTunnel(`refused ${JSON.stringify(body).slice(0, 100)}`);
  const answer = await route(tunnel, body);
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
  expect(answer.body.errors[0].message).toMatch(message);
});
