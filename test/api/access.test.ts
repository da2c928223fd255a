import { expect, test } from 'vitest';
import {
  type AccessToken,
  allows,
  isFrom,
  isUsable,
  type Policy,
  type Resource,
  tokenStatus,
} from '../../src/api/access.js';
import type { GroupName } from '../../src/api/permission-groups.js';
import { parseCidr } from '../../src/net/addresses.js';

const now = new Date('2026-06-01T00:00:00Z');
const token = (fields: Partial<AccessToken>): AccessToken => ({
  id: 'token',
  owner: { scope: 'user', id: 'user' },
  digest: Buffer.alloc(32),
  disabled: false,
  notBefore: null,
  expiresOn: null,
  from: null,
  policies: [],
  ...fields,
});
const policy = (effect: Policy['effect'], groups: GroupName[], ...resources: Resource[]): Policy => ({
  effect,
  groups: new Set(groups),
  resources,
});
const account = (id: string): Resource => ({ scope: 'account', account: id });
const zone = (id: string, of: string): Resource => ({ scope: 'zone', zone: id, account: of });

test.each([
  [{}, 'active', true],
  [{ disabled: true, expiresOn: new Date(0) }, 'disabled', false],
  [{ expiresOn: now }, 'expired', false],
  [{ expiresOn: new Date('2026-06-01T00:00:01Z') }, 'active', true],
  [{ notBefore: new Date('2026-06-01T00:00:01Z') }, 'active', false],
  [{ notBefore: now }, 'active', true],
])('a token with %j is %s, and counts: %j', (fields, status, usable) => {
  expect([tokenStatus(token(fields), now), isUsable(token(fields), now)]).toEqual([status, usable]);
});

test.each([
  ['10.0.0.1', true],
  ['::ffff:10.0.0.1', true],
  ['10.0.1.1', false],
  ['192.0.2.1', false],
  ['fd00::1', false],
  ['', false],
])('from %s a token for 10.0.0.0/8 but not 10.0.1.0/24 may be used: %j', (address, may) => {
  const from = { only: [parseCidr('10.0.0.0/8')!], not: [parseCidr('10.0.1.0/24')!] };
  expect(isFrom(token({ from }), address)).toBe(may);
  expect(isFrom(token({}), address)).toBe(true);
});

test.each<[string, Policy[], GroupName[] | null, Resource, boolean]>([
  [
    'the account itself',
    [policy('allow', ['Zero Trust Read'], account('a'))],
    ['Zero Trust Read'],
    account('a'),
    true,
  ],
  [
    'another account',
    [policy('allow', ['Zero Trust Read'], account('a'))],
    ['Zero Trust Read'],
    account('b'),
    false,
  ],
  [
    'every account',
    [policy('allow', ['Zero Trust Read'], account('*'))],
    ['Zero Trust Read'],
    account('b'),
    true,
  ],
  [
    'an account to be made, by one',
    [policy('allow', ['Zero Trust Read'], account('a'))],
    null,
    account('*'),
    false,
  ],
  [
    'another permission',
    [policy('allow', ['Zero Trust Read'], account('a'))],
    ['Zero Trust Write'],
    account('a'),
    false,
  ],
  ['any permission', [policy('allow', ['Zero Trust Read'], account('a'))], null, account('a'), true],
  ['no policy', [], null, account('a'), false],
  ['a zone by its account', [policy('allow', ['Zone Read'], account('a'))], null, zone('z', 'a'), false],
  ['a zone by name', [policy('allow', ['Zone Read'], zone('z', '*'))], null, zone('z', 'a'), true],
  ['every zone of its account', [policy('allow', ['Zone Read'], zone('*', 'a'))], null, zone('z', 'a'), true],
  ['every zone of another', [policy('allow', ['Zone Read'], zone('*', 'b'))], null, zone('z', 'a'), false],
  [
    'what is denied',
    [policy('allow', ['Zone Write'], zone('*', '*')), policy('deny', ['Zone Write'], zone('z', '*'))],
    ['Zone Write'],
    zone('z', 'a'),
    false,
  ],
  [
    'the rest, when something is denied',
    [
      policy('allow', ['Zone Write', 'Zone Read'], zone('*', '*')),
      policy('deny', ['Zone Write'], zone('z', '*')),
    ],
    ['Zone Read', 'Zone Write'],
    zone('z', 'a'),
    true,
  ],
  [
    'every account, when one is denied',
    [policy('allow', ['Zero Trust Write'], account('*')), policy('deny', ['Zero Trust Write'], account('b'))],
    ['Zero Trust Write'],
    account('*'),
    false,
  ],
  [
    'a zone to be made, when one of its account is denied',
    [policy('allow', ['Zone Write'], zone('*', '*')), policy('deny', ['Zone Write'], zone('z', 'a'))],
    ['Zone Write'],
    zone('*', 'a'),
    false,
  ],
  [
    'the user by an account',
    [policy('allow', ['API Tokens Read'], account('*'))],
    null,
    { scope: 'user' },
    false,
  ],
])('policies decide about %s', (_what, policies, groups, target, may) => {
  expect(allows(policies, groups, target)).toBe(may);
});
