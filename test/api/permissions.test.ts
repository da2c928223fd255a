import { expect, test } from 'vitest';
import { NO_TOKENS } from '../../src/api/access.js';
import { PERMISSION_GROUPS } from '../../src/api/permission-groups.js';
import { authorize, permissionsOf } from '../../src/api/permissions.js';
import { openapiDocument } from '../../src/app/openapi-document.js';
import { contractFacts } from '../support/contract-facts.js';

const document = JSON.parse(JSON.stringify(await openapiDocument())) as { paths: Record<string, unknown> };

test.each(Object.keys(document.paths).filter((path) => !path.startsWith('/_offramp/')))(
  '%s has its permissions in the table',
  (path) => {
    expect(permissionsOf(path.replaceAll(/\{[^}]+\}/g, 'x'))).toBeDefined();
  },
);

test.each([
  ['/accounts/x/load_balancers/pools/y', 'Load Balancing: Monitors and Pools'],
  ['/accounts/x/load_balancers/0123', 'Load Balancers Account'],
  ['/accounts/x/load_balancing_analytics/events', 'Load Balancing: Monitors and Pools'],
  ['/accounts/x/teamnet/routes', 'Cloudflare One Networks'],
  ['/accounts/x/cfd_tunnel/y', 'Cloudflare One Connectors'],
  ['/accounts/x/magic/gre_tunnels', 'Magic WAN'],
  ['/accounts/x', 'Account Settings'],
  ['/zones/x/load_balancers', 'Load Balancers'],
  ['/zones/x/tunnels/y/routes', 'Load Balancers'],
  ['/zones/x', 'Zone'],
  ['/accounts/x/tokens/y/value', 'Account API Tokens'],
  ['/user/tokens/x/value', 'API Tokens'],
  ['/user', 'User Details'],
])('writing %s takes %s Write', (path, subject) => {
  expect(permissionsOf(path)?.write[0]).toBe(`${subject} Write`);
});

const KNOWN: ReadonlySet<string> = new Set(PERMISSION_GROUPS.map(({ name }) => name));

test("whom Cloudflare's description lets do something, may do it here", () => {
  let compared = 0;
  for (const [key, { permissions = [] }] of contractFacts) {
    const [method, path] = key.split(' ') as [string, string];
    // Described once for accounts and zones, with the permissions of accounts.
    if (path.startsWith('/{accounts_or_zones}')) continue;
    const row = permissionsOf(path.replaceAll(/\{[^}]+\}/g, 'x'));
    const need = method === 'GET' ? row?.read : row?.write;
    if (!Array.isArray(need)) continue;
    const groups = permissions.filter((name) => KNOWN.has(name));
    expect([key, need]).toEqual([key, expect.arrayContaining(groups)]);
    compared += groups.length;
  }
  expect(compared).toBeGreaterThan(200);
});

test.each([
  '/accounts/x/something/new',
  '/zones/x/something',
  '/user/something',
  '/accounts/x/tokens/verify/more',
  '/ips/x',
  '/elsewhere',
])('%s is new, and closed to tokens until somebody gives it a row', (path) => {
  expect(permissionsOf(path)?.read).not.toBe('something');
  expect(permissionsOf(path)?.read).not.toBe('anyone');
});

test("a tunnel's token is read by who may write", () => {
  expect(permissionsOf('/accounts/x/cfd_tunnel/y/token')?.read).not.toContain('Cloudflare Tunnel Read');
  expect(permissionsOf('/accounts/x/cfd_tunnel/y')?.read).toContain('Cloudflare Tunnel Read');
});

test('what is not in the table no token may do', () => {
  const everything = { scope: 'account', account: '*' } as const;
  const policies = [
    { effect: 'allow', groups: new Set(['Account Settings Write'] as const), resources: [everything] },
  ] as const;
  const token = {
    id: '',
    owner: { scope: 'user', id: '' } as const,
    digest: Buffer.alloc(32),
    disabled: false,
    notBefore: null,
    expiresOn: null,
    from: null,
    policies,
  };
  const attempt = { method: 'GET', segments: ['', 'elsewhere'], body: undefined };
  expect(() => authorize(token, NO_TOKENS, attempt)).toThrow('Authentication error');
  const known = { ...attempt, segments: ['', 'accounts', 'x'] };
  expect(() => authorize(token, NO_TOKENS, known)).not.toThrow();
});
