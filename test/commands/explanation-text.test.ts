import { expect, test } from 'vitest';
import { describeExplanation, type WireExplanation } from '../../src/commands/explanation-text.js';

const loadBalancer = { id: 'lb', name: 'app.example.com', proxied: true };
const answer: WireExplanation = {
  host: 'app.example.com',
  client_ip: '192.0.2.1',
  place: { pop: 'LOC', country: 'XX', region: '' },
  load_balancer: loadBalancer,
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
