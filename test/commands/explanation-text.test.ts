import { expect, test } from 'vitest';
import { describeExplanation } from '../../src/commands/explanation-text.js';

test('names cannot steer the terminal that they are shown on', () => {
  const text = describeExplanation({
    host: 'app.example.com',
    client_ip: '192.0.2.1',
    place: { pop: 'LOC', country: 'XX', region: '' },
    load_balancer: { id: 'lb', name: 'app.example.com' },
    decision: { pool_set: null, rules: ['a\u001b[2Jb\r\n'], policy: 'off', pin: 'none' },
    affinity: null,
    candidates: [],
    fallback: null,
    chosen: null,
    connectors: [],
    fixed_response: { status: 302, location: '' },
    error: null,
  });
  expect(text).toContain('Rules          a?[2Jb??');
  expect(text).not.toMatch(/[^\n\P{Cc}]/u);
});
