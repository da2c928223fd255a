import { expect, test } from 'vitest';
import { describeExplanation, type WireExplanation } from '../../src/commands/explanation-text.js';

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
    way: { kind: 'ingress', tunnel: { id: 't', name: 'dc-1' }, route: null, detail: null },
  };
  const connectors = ['c1', 'c2'].map((client_id) => ({ client_id, connections: 4 }));
  expect(describeExplanation({ ...answer, fixed_response: null, chosen, connectors })).toContain(
    'published in pool, through the ingress rules of tunnel dc-1 (connector c1 or c2)',
  );
});
