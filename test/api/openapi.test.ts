import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { OPERATION_IDS } from '../../src/api/openapi/operation-ids.js';
import { openapiDocument } from '../../src/app/openapi-document.js';
import { contractFacts } from '../support/contract-facts.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Document {
  readonly paths: Record<string, Record<string, unknown>>;
}

const document = JSON.parse(JSON.stringify(await openapiDocument())) as Document;

test('openapi/openapi.json is what the code serves (npm run openapi writes it)', () => {
  const written = JSON.parse(readFileSync(path.join(ROOT, 'openapi/openapi.json'), 'utf8'));
  expect(written).toEqual(document);
});

/** `{account_id}` and `{account_or_zone_id}` are the same place. */
const shape = (template: string) => template.replace(/\{[^}]+\}/g, '{}');

/** Cloudflare's own SDK has these; the copy of the description that is compared with does not. */
const IN_THE_SDK_ONLY = new Set([
  'GET /user/tokens',
  'POST /user/tokens',
  'GET /user/tokens/permission_groups',
  'GET /user/tokens/{}',
  'PUT /user/tokens/{}',
  'DELETE /user/tokens/{}',
  'PUT /user/tokens/{}/value',
  'GET /accounts/{}/tokens',
  'POST /accounts/{}/tokens',
  'GET /accounts/{}/tokens/permission_groups',
  'GET /accounts/{}/tokens/verify',
  'GET /accounts/{}/tokens/{}',
  'PUT /accounts/{}/tokens/{}',
  'DELETE /accounts/{}/tokens/{}',
  'PUT /accounts/{}/tokens/{}/value',
]);
/** Cloudflare describes these as well; the copy is of the parts about load balancing and Zero Trust, and leaves DNS out. */
const OUTSIDE_THE_COPY = new Set([
  'GET /zones/{}/dns_records',
  'POST /zones/{}/dns_records',
  'GET /zones/{}/dns_records/{}',
  'PUT /zones/{}/dns_records/{}',
  'PATCH /zones/{}/dns_records/{}',
  'DELETE /zones/{}/dns_records/{}',
]);
/** Called by cloudflared, and described nowhere. */
const IN_CLOUDFLARED_ONLY = new Set([
  'POST /accounts/{}/cfd_tunnel/{}/management/{}',
  'PUT /zones/{}/tunnels/{}/routes',
]);
/** Users call it, and take it for documented (cloudflare-python #2693); the description has its twin below `/user` alone. */
const CALLED_BY_USERS = new Set(['GET /accounts/{}/load_balancing_analytics/events']);
const EXPLAINED = [
  ...IN_THE_SDK_ONLY,
  ...OUTSIDE_THE_COPY,
  ...IN_CLOUDFLARED_ONLY,
  ...CALLED_BY_USERS,
].sort();

function operations({ paths }: Document): string[] {
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.keys(methods)
      .filter((method) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map((method) => `${method.toUpperCase()} ${shape(template)}`),
  );
}

/** Load balancers are described once for zones and accounts. */
const anyOwner = (operation: string) =>
  operation.replace(/ \/(zones|accounts)\/\{\}\/load_balancers(?=$|\/\{\}$)/, ' /{}/{}/load_balancers');

/** OpenAPI 3.0 takes the meaning of `required` from JSON Schema Wright 00, 5.15: at least one. */
test('no schema has an empty list of required members', () => {
  const empty: string[] = [];
  const look = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (name === 'required' && Array.isArray(member) && member.length === 0) empty.push(place);
      look(member, `${place}/${name}`);
    }
  };
  look(document, '');
  expect(empty).toEqual([]);
});

test("every operation stands in Cloudflare's own description, or there is a reason why not", () => {
  const theirs = new Set([...contractFacts.keys()].map(shape));
  const undescribed = operations(document).filter(
    (operation) =>
      !operation.includes(' /_offramp/') && !theirs.has(operation) && !theirs.has(anyOwner(operation)),
  );
  // Equal, so that no explanation outlives what it explains.
  expect(undescribed.sort()).toEqual(EXPLAINED);
});

test('an operation that Cloudflare has a name for has that name', () => {
  const theirs = new Map([...contractFacts].map(([key, { id }]) => [shape(key), id]));
  const named = Object.entries(OPERATION_IDS).filter(([key]) => theirs.get(shape(key)) !== undefined);
  expect(named.map(([key, id]) => [key, id])).toEqual(named.map(([key]) => [key, theirs.get(shape(key))]));
  expect(named.length).toBeGreaterThan(100);
});
