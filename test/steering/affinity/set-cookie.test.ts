import { expect, test } from 'vitest';
import { setCookie } from '../../../src/steering/affinity/sessions.js';

const BASE = '__cflb=v; Path=/; Expires=Thu, 01 Jan 2026 00:00:00 GMT; HttpOnly';

test.each([
  ['Auto', 'Auto', false, '; SameSite=Lax'],
  ['Auto', 'Auto', true, '; Secure; SameSite=None'],
  ['Always', 'None', false, '; Secure; SameSite=None'],
  ['Always', 'Auto', false, '; Secure; SameSite=Lax'],
  ['Always', 'Strict', true, '; Secure; SameSite=Strict'],
  ['Never', 'Lax', true, '; SameSite=Lax'],
  ['Never', 'Strict', false, '; SameSite=Strict'],
  ['Auto', 'Strict', true, '; Secure; SameSite=Strict'],
  ['Auto', 'None', false, '; SameSite=None'],
] as const)('T93 secure %s, samesite %s, Always Use HTTPS %s: %s', (secure, samesite, always, end) => {
  expect(setCookie('v', { secure, samesite }, Date.UTC(2026, 0, 1), always)).toBe(BASE + end);
});
