import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

// Cloudflare removed them on 2026-10-05.
let offramp: RunningOfframp;
let api: Api;
let tunnel: string;
let otherTunnel: string;
let lab: string;
const PATH = '@/teamnet/routes';

beforeAll(async () => {
  offramp = await startOfframp(['--api-date', '2026-10-04']);
  api = apiOf(offramp);
  tunnel = (await api.create('@/cfd_tunnel', { name: 'first' })).id;
  otherTunnel = (await api.create('@/cfd_tunnel', { name: 'second' })).id;
  lab = (await api.create('@/teamnet/virtual_networks', { name: 'lab' })).id;
});
afterAll(() => offramp.stop());

const byNetwork = (network: string) => `${PATH}/network/${encodeURIComponent(network)}`;

test.each(['%2F', '%2f', '%252F'])('a network in the path is encoded as 10.1.0.0%s16', async (slash) => {
  const path = `${PATH}/network/10.1.0.0${slash}16`;
  const created = await api.post(path, { tunnel_id: tunnel, comment: 'one' });
  expect(created.body.result).toMatchObject({ network: '10.1.0.0/16', comment: 'one', tunnel_id: tunnel });
  const changed = await api.patch(path, { tunnel_id: otherTunnel, comment: 'two' });
  expect(changed.body.result).toEqual({ ...created.body.result, tunnel_id: otherTunnel, comment: 'two' });
  const deleted = await api.delete(path);
  expect(deleted.body.result).toEqual({ ...changed.body.result, deleted_at: expect.any(String) });
});

test('a PATCH without a body changes nothing', async () => {
  const { body } = await api.post(byNetwork('10.2.0.0/16'), { tunnel_id: tunnel });
  const same = await api.call('PATCH', byNetwork('10.2.0.0/16'));
  expect([same.status, same.body.result]).toEqual([200, body.result]);
});

test('without a virtual network the default one is meant, and routes elsewhere stay', async () => {
  const route = await api.create(PATH, { network: 'fd01::/64', tunnel_id: tunnel, virtual_network_id: lab });
  const refused = [
    await api.patch(byNetwork('fd01::/64'), { comment: 'x' }),
    await api.delete(byNetwork('fd01::/64')),
    await api.delete(byNetwork('10.99.0.0/16')),
  ];
  for (const { status, body } of refused) expect([status, body.errors[0].code]).toEqual([404, 1015]);
  const changed = await api.patch(byNetwork('fd01::/64'), { virtual_network_id: lab, comment: 'x' });
  expect(changed.body.result).toEqual({ ...route, comment: 'x' });
  const created = await api.post(byNetwork('fd02::/64'), { tunnel_id: tunnel, virtual_network_id: lab });
  expect(created.body.result.virtual_network_id).toBe(lab);
  const deleted = await api.delete(`${byNetwork('fd01::/64')}?virtual_network_id=${lab}`);
  expect(deleted.body.result).toMatchObject({ id: route.id, deleted_at: expect.any(String) });
});

test('a tunnel or a tunnel type in the query must be the one of the route', async () => {
  await api.create(byNetwork('10.3.0.0/16'), { tunnel_id: tunnel });
  const others = [`tunnel_id=${otherTunnel}`, 'tun_type=gre'];
  for (const query of others)
    expect((await api.delete(`${byNetwork('10.3.0.0/16')}?${query}`)).status).toBe(404);
  const right = `${byNetwork('10.3.0.0/16')}?tunnel_id=${tunnel}&tun_type=cfd_tunnel`;
  expect((await api.delete(right)).status).toBe(200);
});

test('the rules are those of a route by id', async () => {
  await api.create(byNetwork('10.4.0.0/16'), { tunnel_id: tunnel });
  expect((await api.post(byNetwork('10.4.0.0/16'), { tunnel_id: tunnel })).status).toBe(409);
  for (const [network, message] of [
    ['10.4.0.1/16', /did you mean 10.4.0.0\/16\?/],
    ['10.4.0', /invalid address "10.4.0"/],
    ['100.96.0.0/16', /100.96.0.0\/12/],
  ] as const) {
    const answer = await api.post(byNetwork(network), { tunnel_id: tunnel });
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
    expect(answer.body.errors[0].message).toMatch(message);
  }
  expect((await api.delete(byNetwork('10.4.0.1/16'))).status).toBe(400);
});
