import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from '../support/api.js';
import { type Lab, openLab } from '../support/lab.js';

/**
 * What clients have seen Cloudflare answer, with status, code and text, asked of a running Offramp. Texts are whole, save
 * for what a number of the plan or an identifier stands in.
 */
let lab: Lab;
let poolId: string;
let monitorId: string;

beforeAll(async () => {
  lab = await openLab(['--min-monitor-interval', '60']);
  monitorId = (await post('@/load_balancers/monitors', { type: 'tcp', port: 80 })).body.result.id;
  const origins = [{ name: 'one', address: '127.0.0.1', virtual_network_id: lab.networkId }];
  poolId = (await post('@/load_balancers/pools', { name: 'taken', origins, monitor: monitorId })).body.result
    .id;
  await lab.createLoadBalancer('taken.example.com', [{ id: poolId }]);
  await post('@/teamnet/routes', { network: '10.0.0.0/8', tunnel_id: lab.tunnelId });
});
afterAll(() => lab.close());

const post = (path: string, body: unknown) => lab.api.post(path, body);
const createMonitor = (fields: object) => post('@/load_balancers/monitors', { type: 'http', ...fields });
const createPool = (origin: object, fields: object = {}) =>
  post('@/load_balancers/pools', {
    name: 'refused',
    origins: [{ name: 'one', address: 'origin.example.net', ...origin }],
    ...fields,
  });
const createBalancer = (name: string) =>
  post('%/load_balancers', { name, default_pools: [poolId], fallback_pool: poolId });
const createRoute = (fields: object) =>
  post('@/teamnet/routes', { network: '172.16.0.0/12', tunnel_id: lab.tunnelId, ...fields });

const NOBODY = '11111111-2222-4333-8444-555555555555';

interface Row {
  readonly ask: () => Promise<Answer>;
  readonly status: number;
  readonly code: number;
  readonly message: string | RegExp;
}

const TABLE: Record<string, Row> = {
  'an interval out of range': {
    ask: () => createMonitor({ expected_codes: '200', interval: 59 }),
    status: 400,
    code: 1002,
    message: 'interval is not in range [60, 3600]: validation failed',
  },
  'a monitor for HTTP without codes': {
    ask: () => createMonitor({ expected_codes: '' }),
    status: 400,
    code: 1002,
    message: /^expected_codes .*: validation failed$/,
  },
  'a monitor for HTTPS without codes': {
    ask: () => createMonitor({ type: 'https' }),
    status: 400,
    code: 1002,
    message: /^expected_codes .*: validation failed$/,
  },
  'a name of a pool that is taken': {
    ask: () => createPool({}, { name: 'taken' }),
    status: 400,
    code: 1003,
    message: 'value not unique',
  },
  'a name of a load balancer that is taken': {
    ask: () => createBalancer('taken.example.com'),
    status: 400,
    code: 1003,
    message: 'value not unique',
  },
  'a pool without origins': {
    ask: () => post('@/load_balancers/pools', { name: 'refused', origins: [] }),
    status: 400,
    code: 1002,
    message: /^the origin list length must be in range \[1, \d+\]: validation failed$/,
  },
  'a private origin without a network': {
    ask: () => createPool({ address: '10.0.0.1' }, { monitor: monitorId }),
    status: 400,
    code: 1002,
    message:
      /^Origin address is invalid or is not globally routable and has health monitoring enabled.*: validation failed$/,
  },
  'a network that is no UUID': {
    ask: () => createPool({ address: '10.0.0.1', virtual_network_id: 'default' }),
    status: 400,
    code: 1002,
    message: /virtual_network_id must be valid UUID: validation failed$/,
  },
  'a network without a route that covers the origin': {
    ask: () => createPool({ address: '192.0.2.77', virtual_network_id: lab.networkId }),
    status: 400,
    code: 1002,
    message: /virtual_network_id does not belong to tunnel route that covers origin IP.*: validation failed$/,
  },
  'a Host header of somebody else': {
    ask: () => createPool({ header: { Host: ['elsewhere.test'] } }),
    status: 400,
    code: 1002,
    message:
      /Host header "elsewhere\.test" not allowed for origin domain "origin\.example\.net".*: validation failed$/,
  },
  'a load balancer whose name is no host name': {
    ask: () => createBalancer('not a host'),
    status: 400,
    code: 1002,
    message: /^invalid hostname: not a host\b.*: validation failed$/,
  },
  'a load balancer outside the zone': {
    ask: () => createBalancer('www.elsewhere.test'),
    status: 400,
    code: 1002,
    message: /^invalid hostname: www\.elsewhere\.test\b.*: validation failed$/,
  },
  'a pool that is used': {
    ask: () => lab.api.delete(`@/load_balancers/pools/${poolId}`),
    status: 412,
    code: 1005,
    message: 'This object is referenced by other objects, delete them first.',
  },
  'a monitor that is used': {
    ask: () => lab.api.delete(`@/load_balancers/monitors/${monitorId}`),
    status: 412,
    code: 1005,
    message: 'This object is referenced by other objects, delete them first.',
  },
  'the same route again': {
    ask: () => createRoute({ network: '10.0.0.0/8' }),
    status: 409,
    code: 1014,
    message: 'You already have a route defined for this exact IP subnet',
  },
  'a route whose network is none': {
    ask: () => createRoute({ network: '10.0.0.0/33' }),
    status: 400,
    code: 1030,
    message: /^Could not parse input\. .*invalid address/,
  },
  'a route to a tunnel that is not there': {
    ask: () => createRoute({ tunnel_id: NOBODY }),
    status: 404,
    code: 1003,
    message: 'Tunnel not found',
  },
  'a route to a tunnel whose id is malformed': {
    ask: () => createRoute({ tunnel_id: 'nobody' }),
    status: 400,
    code: 1030,
    message: /^Could not parse input\. tunnel_id /,
  },
  'a change of a route that is not there': {
    ask: () => lab.api.patch(`@/teamnet/routes/${NOBODY}`, { comment: 'x' }),
    status: 404,
    code: 1015,
    message:
      "You are trying to modify the route for a network that isn't routed. Please add the network before modifying it. Or, check that you specified the correct network.",
  },
  'the deletion of a route that is not there': {
    ask: () => lab.api.delete(`@/teamnet/routes/${NOBODY}`),
    status: 404,
    code: 1015,
    message:
      "You are trying to modify the route for a network that isn't routed. Please add the network before modifying it. Or, check that you specified the correct network.",
  },
  'a name of a tunnel that is taken': {
    ask: () => post('@/cfd_tunnel', { name: 'lab-connector' }),
    status: 409,
    code: 1013,
    message:
      'You already have a tunnel with this name. Delete the existing tunnel, or choose a different name for your new tunnel',
  },
  'JSON that is none': {
    ask: () => lab.api.call('POST', '@/cfd_tunnel', '{"name"', { 'content-type': 'application/json' }),
    status: 400,
    code: 1030,
    message: /^Could not parse input\. /,
  },
  'an authorization that is malformed': {
    ask: () => lab.api.call('GET', '/user', undefined, { authorization: 'Token x' }),
    status: 400,
    code: 6003,
    message: 'Invalid request headers',
  },
  'an identifier in the path that is none': {
    ask: () => lab.api.get('/accounts/nobody/load_balancers/pools'),
    status: 404,
    code: 7003,
    message:
      /^Could not route to .*\/accounts\/nobody\/load_balancers\/pools, perhaps your object identifier is invalid\?$/,
  },
};

test.each(Object.entries(TABLE))('%s is refused in the words that clients know', async (_, row) => {
  const { status, body, headers } = await row.ask();
  expect(body).toMatchObject({ success: false, messages: [], result: null });
  expect([status, body.errors.length, body.errors[0].code]).toEqual([row.status, 1, row.code]);
  expect(body.errors[0].message).toMatch(row.message);
  if (typeof row.message === 'string') expect(body.errors[0].message).toBe(row.message);
  // Clients repeat a 409 up to ten times unless they are told not to.
  expect(headers.get('x-should-retry')).toBe(status === 409 ? 'false' : null);
});

test('a tunnel with a connector is not deleted; without, it takes its routes along', async () => {
  const tunnel = await lab.api.create('@/cfd_tunnel', { name: 'with route' });
  const route = await lab.api.create('@/teamnet/routes', { network: '192.168.0.0/16', tunnel_id: tunnel.id });
  await lab.connect();
  const refused = await lab.api.delete(`@/cfd_tunnel/${lab.tunnelId}`);
  expect([refused.status, refused.body.errors]).toEqual([
    400,
    [{ code: 1022, message: 'Cannot delete tunnel because it has active connections' }],
  ]);
  expect((await lab.api.delete(`@/cfd_tunnel/${tunnel.id}`)).status).toBe(200);
  const { body } = await lab.api.get('@/teamnet/routes?is_deleted=true');
  expect(body.result).toEqual([expect.objectContaining({ id: route.id, deleted_at: expect.any(String) })]);
  const again = await lab.api.delete(`@/teamnet/routes/${route.id}`);
  expect([again.status, again.body.errors[0].code]).toEqual([404, 1015]);
});

test('a TTL beside proxied is no error, and has no effect', async () => {
  const answer = await post('%/load_balancers', {
    name: 'both.example.com',
    default_pools: [poolId],
    fallback_pool: poolId,
    proxied: true,
    ttl: 60,
  });
  expect([answer.status, answer.body.result.proxied]).toEqual([200, true]);
});
