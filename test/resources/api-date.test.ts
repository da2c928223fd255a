import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { type ConnectorUnderTest, runConnector } from '../support/connectors.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { eventually } from '../support/waiting.js';

// Cloudflare's changelog: 2025-09-02 about lists, 2026-07-09 about routes by network and connections.
describe.each([
  { flags: [], activeOnly: true, removed: true },
  { flags: ['--api-date', '2026-10-04'], activeOnly: true, removed: false },
  { flags: ['--api-date', '2025-11-30'], activeOnly: false, removed: false },
])('the API of a day: start $flags', ({ flags, activeOnly, removed }) => {
  let offramp: RunningOfframp;
  let api: Api;
  let connector: ConnectorUnderTest | undefined;
  /** What stays, and what is deleted, by the list that may show it. */
  let objects: Record<string, { readonly kept: string; readonly deleted: string; readonly between: string }>;

  beforeAll(async () => {
    offramp = await startOfframp(flags);
    api = apiOf(offramp);
    const tunnel = (await api.create('@/cfd_tunnel', { name: 'of the routes' })).id;
    const bodies = {
      '@/cfd_tunnel': (n: number) => ({ name: `tunnel ${n}` }),
      '@/warp_connector': (n: number) => ({ name: `connector ${n}` }),
      '@/teamnet/virtual_networks': (n: number) => ({ name: `network ${n}` }),
      '@/teamnet/routes': (n: number) => ({ network: `10.${n}.0.0/16`, tunnel_id: tunnel }),
      '@/zerotrust/subnets/warp': (n: number) => ({ name: `subnet ${n}`, network: `172.16.${n}.0/24` }),
      '@/zerotrust/routes/hostname': (n: number) => ({ hostname: `h${n}.example`, tunnel_id: tunnel }),
    };
    objects = {};
    for (const [path, body] of Object.entries(bodies)) {
      const kept = await api.create(path, body(1));
      const deleted = await api.create(path, body(2));
      await eventually(async () => Date.now() > Date.parse(deleted.created_at));
      expect((await api.delete(`${path}/${deleted.id}`)).status).toBe(200);
      objects[path] = { kept: kept.id, deleted: deleted.id, between: deleted.created_at };
    }
    objects['@/tunnels'] = objects['@/cfd_tunnel']!;
    objects['@/zerotrust/subnets'] = objects['@/zerotrust/subnets/warp']!;
  });
  afterAll(async () => {
    await connector?.stop();
    await offramp.stop();
  });

  async function shown(path: string, query: string): Promise<string[]> {
    const { kept, deleted } = objects[path]!;
    const ids = (await api.get(`${path}?per_page=1000&${query}`)).body.result.map(
      (one: { id: string }) => one.id,
    );
    return [ids.includes(kept) ? 'kept' : '', ids.includes(deleted) ? 'deleted' : ''].filter(Boolean);
  }

  const FOLLOWING = [
    '@/tunnels',
    '@/cfd_tunnel',
    '@/warp_connector',
    '@/teamnet/routes',
    '@/zerotrust/subnets',
    '@/teamnet/virtual_networks',
  ];
  const HOSTNAMES = '@/zerotrust/routes/hostname';
  const WITH_MOMENT = [...FOLLOWING.slice(0, -1), HOSTNAMES];

  test.each(FOLLOWING)('GET %s without is_deleted', async (path) => {
    expect(await shown(path, '')).toEqual(activeOnly ? ['kept'] : ['kept', 'deleted']);
  });

  test.each([...FOLLOWING, HOSTNAMES])('GET %s with is_deleted', async (path) => {
    expect(await shown(path, 'is_deleted=true')).toEqual(['deleted']);
    expect(await shown(path, 'is_deleted=false')).toEqual(['kept']);
  });

  // The API description has hidden deleted ones of this list at any time.
  test('hostname routes that are deleted are shown on request alone', async () => {
    expect(await shown(HOSTNAMES, '')).toEqual(['kept']);
  });

  test.each(WITH_MOMENT)(
    'GET %s with existed_at finds what existed then, deleted since or not',
    async (path) => {
      const then = encodeURIComponent(objects[path]!.between);
      expect(await shown(path, `existed_at=${then}`)).toEqual(['kept', 'deleted']);
      expect(await shown(path, `existed_at=${then}&is_deleted=false`)).toEqual(['kept']);
      expect(await shown(path, `existed_at=${then}&is_deleted=true`)).toEqual(['deleted']);
      expect(await shown(path, 'existed_at=2100-01-01T00:00:00Z')).toEqual(['kept']);
    },
  );

  test.each(['POST', 'PATCH', 'DELETE', 'PUT'])('%s of a route by its network', async (method) => {
    const network = '@/teamnet/routes/network/10.77.0.0%2F16';
    const body = method === 'POST' ? { tunnel_id: objects['@/cfd_tunnel']!.kept } : {};
    const answer = await api.call(method, network, body);
    if (removed) {
      const unknown = await api.call(method, '@/teamnet/routes/nothing/10.77.0.0%2F16', body);
      const text = (value: unknown) => JSON.stringify(value).replace('/nothing/', '/network/');
      expect([answer.status, text(answer.body)]).toEqual([404, text(unknown.body)]);
      expect(answer.headers.get('allow')).toBe(unknown.headers.get('allow'));
      expect(answer.body.errors[0].code).toBe(7003);
    } else expect(answer.status).toBe(method === 'PUT' ? 405 : 200);
  });

  test('an address still finds its route', async () => {
    const { body } = await api.get('@/teamnet/routes/ip/10.1.2.3');
    expect(body.result.network).toBe('10.1.0.0/16');
  });

  test('a tunnel shows its connections at their own path, and in lists and GET until they were removed', async () => {
    const { id, token, ...created } = await api.create('@/cfd_tunnel', { name: 'connected' });
    expect(created.connections).toEqual([]);
    connector = await runConnector('ours', offramp, token);
    const path = `@/cfd_tunnel/${id}`;
    const connections = async () =>
      (await api.get(`${path}/connections`)).body.result.flatMap(({ conns }: { conns: object[] }) => conns);
    await eventually(async () => (await connections()).length === 4);
    const expected = removed ? undefined : await connections();
    for (const list of ['@/cfd_tunnel', '@/tunnels']) {
      const [tunnel] = (await api.get(`${list}?uuid=${id}`)).body.result;
      expect(tunnel).toMatchObject({ id, status: 'healthy' });
      expect(tunnel.connections).toEqual(expected);
    }
    expect((await api.get(path)).body.result.connections).toEqual(expected);
    // The changelog is about lists and GET.
    expect((await api.patch(path, {})).body.result.connections).toEqual(await connections());
    const warp = `@/warp_connector/${objects['@/warp_connector']!.kept}`;
    const shownThere = [
      (await api.get(warp)).body.result,
      ...(await api.get('@/warp_connector')).body.result,
    ].map((tunnel) => 'connections' in tunnel);
    expect(new Set(shownThere)).toEqual(new Set([!removed]));
  });
});
