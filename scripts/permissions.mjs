// Writes docs/permissions.md: what a token needs for each operation, from the table in src/api/permissions.ts.
//
//   npm run permissions             writes the page
//   npm run permissions -- --check  only tells whether the page is what it would write
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { permissionsOf } from '../dist/api/permissions.js';
import { servedOperations } from '../dist/app/openapi-document.js';
import { readArguments } from './support/arguments.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    check: {
      type: 'boolean',
      tells: 'only tell whether the page is what would be written; the code is 1 when not',
    },
  },
});

const PAGE = path.resolve(import.meta.dirname, '../docs/permissions.md');

const operations = (await servedOperations()).sort(
  (a, b) => compare(a.path, b.path) || compare(a.method, b.method),
);
const page = `${[
  '# What a token may do',
  '',
  'Written by `npm run permissions` from `src/api/permissions.ts`; a test tries every operation with tokens of every kind against it.',
  '',
  'A token that was made through `/user/tokens` or `/accounts/{account_id}/tokens` may do an operation when one of the permissions that stand',
  'here is allowed **on** the object, and not denied. HEAD is as GET. An `--api-token` may do everything.',
  '',
  '| what a token asks for without the permission | answer |',
  '|---|---|',
  '| any operation | 403 with code 10000. The body is not read, and nothing says whether the object is there |',
  '| `POST /zones` with a token that may make zones in some account | the body is read, since it names the account: 403 with code 10000 when it names another one |',
  '| `/user/tokens/verify` with a token of an account, `/accounts/{account_id}/tokens/verify` with any other token than one of this account | 401 with code 1000 |',
  '| an operation without a row in `src/api/permissions.ts`, or with "no token" below, such as what Offramp tells of all accounts at once | 403 with code 10000, whatever the permissions are |',
  '',
  '- **every account**, **every zone of the account**: a policy must name them all (`com.cloudflare.api.account.*`, `com.cloudflare.api.account.zone.*`),',
  '  since the object does not exist yet, or belongs to the first account.',
  '- **any permission on it**: whoever may do something in an account or zone may look at it. Lists that any token may read show those.',
  '- `PUT /zones/{zone_id}/tunnels/{tunnel_id}/routes` takes permissions of DNS or of load balancers, by what its body asks for, and for',
  '  a load balancer also `Load Balancing: Monitors and Pools Write` on the account.',
  '- Who has `Account API Tokens Write` on an account, or `API Tokens Write`, makes tokens with every permission of that account, or of the user: such a',
  '  token is worth as much as they are.',
  '',
  '| Operation | On | One of |',
  '|---|---|---|',
  ...operations.map(
    (operation) => `| \`${operation.method} ${operation.path}\` | ${cells(operation).join(' | ')} |`,
  ),
].join('\n')}\n`;

if (!values.check) writeFileSync(PAGE, page);
else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/permissions.md is not what the code asks for; npm run permissions writes it');
  process.exitCode = 1;
}

function cells({ method, path: template, open, documentation }) {
  if (open) return ['', 'no credential needed'];
  if (documentation) return ['', 'any token'];
  const row = permissionsOf(template.replaceAll(/\{[^}]+\}/g, 'x'));
  const need = (method === 'GET' ? row?.read : row?.write) ?? [];
  if (need === 'anyone') return ['', 'any token'];
  if (need === 'owned') return ['', `any token of the ${row.scope}`];
  if (need === 'something') return [`the ${row.scope}`, 'any permission on it'];
  if (need.length === 0) return ['', 'no token'];
  return [objectOf(row.scope, template), need.join(', ')];
}

function objectOf(scope, template) {
  const named = template.includes(`/{${scope}_id}`);
  if (scope === 'user' || named) return `the ${scope}`;
  return scope === 'account' ? 'every account' : 'every zone of the account';
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
