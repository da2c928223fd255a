import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Api, apiOf } from '../support/api.js';
import { oracle, oracleAbsent, readOracle } from '../support/oracle.js';
import { ORACLE_MISTAKES, type OracleMistakeId } from '../support/oracle-mistakes.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

const LACKING = oracleAbsent === null ? '' : ` (skipped: ${oracleAbsent})`;

let offramp: SharedOfframp;
let api: Api;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const newTunnel = (name: string) => () => api.post('@/cfd_tunnel', { name });

/** Requests whose answers only the corrected description takes. */
const PROVOKED = {
  'deleted-at-null': () => api.post('@/teamnet/virtual_networks', { name: 'provoked' }),
  'conns-active-at-null': newTunnel('never active'),
  'conns-inactive-at-null': newTunnel('neither inactive'),
  'four-byte-as-numbers': () =>
    api.post('@/magic/gre_tunnels', {
      name: 'four-bytes',
      customer_gre_endpoint: '192.0.2.1',
      cloudflare_gre_endpoint: '192.0.2.2',
      interface_address: '10.213.0.8/31',
      bgp: { customer_asn: 4_200_000_000 },
    }),
  'catch-all-without-hostname': async () => {
    const { id } = await api.create('@/cfd_tunnel', { name: 'configured' });
    const config = { ingress: [{ service: 'http_status:404' }] };
    return api.put(`@/cfd_tunnel/${id}/configurations`, { config });
  },
} satisfies Record<OracleMistakeId, () => Promise<Answer>>;

test.skipIf(oracleAbsent)(`an answer that is not as described is told with its place${LACKING}`, () => {
  const operation = oracle().operationOf('GET', '/accounts/a/load_balancers/monitors/b')!;
  expect(operation).toBe('GET /accounts/{account_id}/load_balancers/monitors/{monitor_id}');
  const answer = { success: true, errors: [], messages: [], result: { description: 1, interval: '60' } };
  expect(
    oracle()
      .faults(operation, 200, answer)
      .map((fault) => fault.split(' ')[0]),
  ).toEqual(['/result/description', '/result/interval']);
  expect(oracle().faults(operation, 200, { success: true, result: null })).not.toEqual([]);
  expect(oracle().faults(operation, 404, { ...answer, result: null })).toEqual([]);
  expect(oracle().faults(operation, 302, answer)).toEqual(['has no answer with status 302']);
});

test.skipIf(oracleAbsent)(`an operation is found by its path, the literal one first${LACKING}`, () => {
  const { operationOf } = oracle();
  expect(operationOf('GET', '/accounts/a/load_balancers/search')).toBe(
    'GET /accounts/{account_id}/load_balancers/search',
  );
  expect(operationOf('GET', '/zones/a/load_balancers/b')).toBe(
    'GET /{accounts_or_zones}/{account_or_zone_id}/load_balancers/{load_balancer_id}',
  );
  expect(operationOf('GET', '/users/a/load_balancers')).toBeUndefined();
  expect(operationOf('DELETE', '/user')).toBeUndefined();
});

test.skipIf(oracleAbsent).each(ORACLE_MISTAKES.map(({ id }) => id))(
  `the known mistake %s of the description is still one, and still met${LACKING}`,
  async (id) => {
    const answer = await PROVOKED[id]();
    expect(answer.status).toBe(200);
    const operation = oracle().operationOf(...answer.asked)!;
    const others = readOracle(ORACLE_MISTAKES.filter((mistake) => mistake.id !== id));
    expect(others.faults(operation, answer.status, answer.body)).not.toEqual([]);
    expect(oracle().faults(operation, answer.status, answer.body)).toEqual([]);
  },
);
