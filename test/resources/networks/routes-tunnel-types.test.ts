import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

let offramp: RunningOfframp;
let api: Api;
let cloudflared: string;
let warp: string;
const PATH = '@/teamnet/routes';

beforeAll(async () => {
  // Of those by their network as well, which Cloudflare removed the day after.
  offramp = await startOfframp(['--api-date', '2026-10-04']);
  api = apiOf(offramp);
  cloudflared = (await api.create('@/cfd_tunnel', { name: 'cloudflared' })).id;
  warp = (await api.create('@/warp_connector', { name: 'warp' })).id;
  await api.create(PATH, { network: '10.1.0.0/16', tunnel_id: cloudflared });
  await api.create(PATH, { network: '10.2.0.0/16', tunnel_id: warp });
});
afterAll(() => offramp.stop());

const byNetwork = (network: string) => `${PATH}/network/${encodeURIComponent(network)}`;

test('a route tells the type of its tunnel wherever it is named', async () => {
  const listed = (await api.get(PATH)).body.result;
  expect(listed).toMatchObject([{ tun_type: 'cfd_tunnel' }, { tun_type: 'warp_connector' }]);
  expect((await api.get(`${PATH}/${listed[1].id}`)).body.result.tun_type).toBe('warp_connector');
  expect((await api.get(`${PATH}/ip/10.2.3.4`)).body.result).toMatchObject({
    tun_type: 'warp_connector',
    tunnel_name: 'warp',
  });
});

test.each([
  ['tun_types=cfd_tunnel', 1],
  ['tun_types=warp_connector', 1],
  ['tun_types=cfd_tunnel,warp_connector', 2],
  ['tun_types=cfd_tunnel&tun_types=warp_connector', 2],
  ['tun_types=gre', 0],
])('the list filters by %s, and counts what it filters', async (query, count) => {
  const { result, result_info } = (await api.get(`${PATH}?${query}`)).body;
  expect([result.length, result_info.total_count]).toEqual([count, count]);
});

test('a route moves from a tunnel of one type to one of the other', async () => {
  const { id } = await api.create(PATH, { network: '10.3.0.0/16', tunnel_id: cloudflared });
  await api.patch(`${PATH}/${id}`, { tunnel_id: warp });
  expect((await api.get(`${PATH}/${id}`)).body.result.tun_type).toBe('warp_connector');
  await api.delete(`${PATH}/${id}`);
});

test('by network, routes of cloudflared are meant unless the type or the tunnel is named', async () => {
  await api.create(PATH, { network: '10.4.0.0/16', tunnel_id: warp });
  for (const query of ['', '?tun_type=cfd_tunnel', `?tunnel_id=${cloudflared}`]) {
    const refused = await api.delete(byNetwork('10.4.0.0/16') + query);
    expect([refused.status, refused.body.errors[0].code]).toEqual([404, 1015]);
  }
  expect((await api.delete(`${byNetwork('10.4.0.0/16')}?tunnel_id=${warp}`)).status).toBe(200);
  await api.create(PATH, { network: '10.4.0.0/16', tunnel_id: warp });
  expect((await api.delete(`${byNetwork('10.4.0.0/16')}?tun_type=warp_connector`)).status).toBe(200);
  await api.create(PATH, { network: '10.4.0.0/16', tunnel_id: cloudflared });
  expect((await api.delete(byNetwork('10.4.0.0/16'))).status).toBe(200);
});
