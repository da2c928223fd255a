import { expect, test } from 'vitest';
import { describeExplanation, type WireExplanation } from '../../src/cli/explanation-text.js';

const loadBalancer = { id: 'lb', name: 'app.example.com', proxied: true };
const answer: WireExplanation = {
  host: 'app.example.com',
  client_ip: '192.0.2.1',
  place: { pop: 'LOC', country: 'XX', region: '' },
  load_balancer: loadBalancer,
  published_hostname: null,
  decision: { pool_set: null, rules: ['a\u001b[2Jb\r\n'], policy: 'off', pin: 'none' },
  affinity: null,
  candidates: [],
  fallback: null,
  chosen: null,
  connectors: [],
  fixed_response: { status: 302, location: '' },
  error: null,
};

test('names cannot steer the terminal that they are shown on', () => {
  const text = describeExplanation(answer);
  expect(text).toContain('Rules          a?[2Jb??');
  expect(text).not.toMatch(/[^\n\P{Cc}]/u);
});

test('of a load balancer that is not proxied it is said that DNS is its way in', () => {
  expect(describeExplanation(answer)).not.toContain('On-ramp');
  const unproxied = { ...answer, load_balancer: { ...loadBalancer, proxied: false } };
  expect(describeExplanation(unproxied)).toMatch(/^On-ramp {8}DNS, which names an origin/m);
});

test('of an origin behind ingress rules the tunnel is told, and no port', () => {
  const chosen = {
    pool: { id: 'p', name: 'pool' },
    origin: { name: 'published', address: 'a.cfargotunnel.com', port: 80 },
    via_fallback: false,
    pinned: false,
    starts_session: false,
    way: { kind: 'ingress', tunnel: { id: 't', name: 'dc-1' }, route: null, detail: null, avoided: [] },
  };
  const connectors = ['c1', 'c2'].map((client_id) => ({ client_id, connections: 4 }));
  expect(describeExplanation({ ...answer, fixed_response: null, chosen, connectors })).toContain(
    'published in pool, through the ingress rules of tunnel dc-1 (connector c1 or c2)',
  );
});

test('a connector that others are preferred to is named with the reason, and so is what a check has found', () => {
  const way = {
    kind: 'ingress',
    tunnel: { id: 't', name: 'dc-1' },
    route: null,
    detail: null,
    avoided: [{ client_id: 'c2', reason: 'failed with EHOSTUNREACH' }],
  };
  const chosen = {
    pool: null,
    origin: { name: 'db', address: '10.0.0.1', port: 80 },
    via_fallback: true,
    pinned: false,
    starts_session: false,
    way,
  };
  const sick = {
    name: 'db',
    address: '10.0.0.1',
    reason: 'unhealthy',
    health: 'unhealthy',
    detail: 'connector c2 failed with EHOSTUNREACH',
    share: 0,
  };
  const candidates = [{ id: 'p', name: 'pool', state: 'unhealthy', share: 0, origins: [sick] }];
  const text = describeExplanation({ ...answer, fixed_response: null, chosen, candidates });
  expect(text).toMatch(/db \(10\.0\.0\.1\) +unhealthy\n +connector c2 failed with EHOSTUNREACH\n/);
  expect(text).toMatch(/\n +connector c2 is asked last: it failed with EHOSTUNREACH$/);
});

test('a published host name is told with its tunnel, and nothing of pools', () => {
  const address = '11111111-2222-4333-8444-555555555555.cfargotunnel.com';
  const text = describeExplanation({
    ...answer,
    load_balancer: null,
    published_hostname: { id: 'record', name: '*.example.com' },
    decision: null,
    fixed_response: null,
    chosen: {
      pool: null,
      origin: { name: address, address, port: 80 },
      via_fallback: false,
      pinned: false,
      starts_session: false,
      way: {
        kind: 'ingress',
        tunnel: { id: 'tunnel', name: 'office' },
        route: null,
        detail: null,
        avoided: [],
      },
    },
    connectors: [{ client_id: 'connector', connections: 4 }],
  });
  expect(text.split('\n')).toEqual([
    'Request        to app.example.com from 192.0.2.1 (LOC, XX)',
    'Published      *.example.com (record)',
    `Outcome        ${address}, through the ingress rules of tunnel office (connector connector)`,
  ]);
});
