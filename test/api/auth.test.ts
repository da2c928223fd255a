import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { type AccessToken, NO_TOKENS } from '../../src/api/access.js';
import { authenticate, sha256 } from '../../src/api/auth.js';
import { newTokenValue } from '../../src/api/token-value.js';

const any = { mode: 'any' } as const;
const bytesOf = (secret: string) => Buffer.from(sha256(secret), 'hex');
const strict = { mode: 'strict', digests: [bytesOf('first-token'), bytesOf('second-token')] } as const;
const nobody = { tokens: NO_TOKENS, now: new Date(0), address: '', evenUnusable: false };

test.each([
  [{ authorization: 'Bearer first-token' }, null],
  [{ authorization: 'bearer first-token' }, null],
  [{ 'x-auth-user-service-key': 'first-token' }, null],
  [{ 'x-auth-email': 'a@example.com', 'x-auth-key': 'first-token' }, 'a@example.com'],
])('the credential %j is read, and the same secret has one id', (headers, email) => {
  expect(authenticate(headers, any, nobody)).toEqual({
    id: sha256('first-token').slice(0, 32),
    email,
    token: null,
  });
});

test.each([
  [{}, 9106],
  [{ 'x-auth-key': 'key' }, 9106],
  [{ 'x-auth-email': 'a@example.com' }, 9106],
  [{ 'x-auth-email': 'nobody', 'x-auth-key': 'key' }, 6003],
  // Node joins repeated headers with a comma.
  [{ 'x-auth-email': 'a@example.com', 'x-auth-key': 'key, key' }, 6003],
  [{ 'x-auth-email': 'a@example.com', 'x-auth-key': 'k'.repeat(513) }, 6003],
  [{ authorization: '' }, 6003],
  [{ authorization: 'Bearer' }, 6003],
  [{ authorization: 'Bearer a b' }, 6003],
  [{ authorization: 'Basic YTpi' }, 6003],
  [{ authorization: `Bearer ${'t'.repeat(513)}` }, 6003],
  [{ authorization: 'nonsense', 'x-auth-email': 'a@example.com', 'x-auth-key': 'key' }, 6003],
])('the headers %j are refused with %i', (headers, code) => {
  expect(() => authenticate(headers, any, nobody)).toThrow(
    expect.objectContaining({ row: expect.objectContaining({ code, status: 400 }) }),
  );
});

test('strict takes each of its tokens, whole and as written, and no other', () => {
  for (const token of ['first-token', 'second-token']) {
    expect(authenticate({ authorization: `Bearer ${token}` }, strict, nobody).id).toHaveLength(32);
  }
  for (const token of ['first-toke', 'first-tokens', 'First-token', 'other']) {
    expect(() => authenticate({ authorization: `Bearer ${token}` }, strict, nobody)).toThrow(
      expect.objectContaining({ row: expect.objectContaining({ code: 10000, status: 403 }) }),
    );
  }
  expect(() =>
    authenticate({ authorization: 'Bearer first-token' }, { mode: 'strict', digests: [] }, nobody),
  ).toThrow();
});

const circumstances = (fields: Partial<AccessToken>, evenUnusable = false) => {
  const token: AccessToken = {
    id: 'token',
    owner: { scope: 'user', id: 'user' },
    digest: bytesOf('made-token'),
    disabled: false,
    notBefore: null,
    expiresOn: null,
    from: null,
    policies: [],
    ...fields,
  };
  return { tokens: { find: () => token }, now: new Date(0), address: '127.0.0.1', evenUnusable };
};
const made = { authorization: 'Bearer made-token' };

test.each([any, strict])('a token that was made counts for its user with %j', (policy) => {
  expect(authenticate(made, policy, circumstances({}))).toMatchObject({
    id: 'user',
    email: null,
    token: { id: 'token' },
  });
});

test('a made token that does not count is refused, also where every credential is taken', () => {
  expect(() => authenticate(made, any, circumstances({ disabled: true }))).toThrow('Authentication error');
  expect(authenticate(made, any, circumstances({ disabled: true }, true)).token?.id).toBe('token');
  const from = { only: [], not: [] };
  expect(() => authenticate(made, any, circumstances({ from }, true))).toThrow('Authentication error');
});

test('what is found for a digest must have that digest', () => {
  const wrong = circumstances({ digest: bytesOf('another') });
  expect(() => authenticate(made, strict, wrong)).toThrow('Authentication error');
});

test.each(['cfut_', 'cfat_'])(
  'a value %s… that was made and is in no directory is refused in both modes, whatever header has it',
  (prefix) => {
    const value = newTokenValue(prefix === 'cfut_' ? 'user' : 'account');
    expect(value.startsWith(prefix)).toBe(true);
    const heads = [
      { authorization: `Bearer ${value}` },
      { 'x-auth-user-service-key': value },
      { 'x-auth-email': 'a@example.com', 'x-auth-key': value },
    ];
    for (const headers of heads)
      for (const policy of [any, strict])
        expect(() => authenticate(headers, policy, nobody)).toThrow(
          expect.objectContaining({ row: expect.objectContaining({ code: 10000, status: 403 }) }),
        );
  },
);

const SECRET = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789aBcD';
test.each([
  // Cloudflare's own: the form is the same, the checksum another one.
  `cfut_${SECRET}00000000`,
  // Made by older versions of Offramp.
  SECRET,
  `cfzt_${SECRET}${crc32(SECRET).toString(16).padStart(8, '0')}`,
])('with any, %s is a credential like others: nothing says that it was made', (value) => {
  expect(authenticate({ authorization: `Bearer ${value}` }, any, nobody).token).toBeNull();
});
