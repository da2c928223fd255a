import { promises as dns } from 'node:dns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let resolver: dns.Resolver;
const PATH = '%/dns_records';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  resolver = new dns.Resolver({ timeout: 60_000, tries: 1 });
  resolver.setServers([offramp.dns]);
});
afterAll(() => offramp.stop());

test('what is written is answered by DNS when the write is, and is gone when it is deleted', async () => {
  const name = '_acme-challenge.www.example.com';
  const content = '"gDk-4u8bGsrBHVxCUkBCk5ByHVXaVNrJJRIOBQz0gAk"';
  const text = await api.create(PATH, { type: 'TXT', name, content, ttl: 120 });
  expect(await resolver.resolveTxt(name)).toEqual([[content.slice(1, -1)]]);
  const more = await api.create(PATH, { type: 'TXT', name, content: `${'x'.repeat(300)}` });
  expect(await resolver.resolveTxt(name)).toContainEqual(['x'.repeat(255), 'x'.repeat(45)]);
  await api.delete(`${PATH}/${text.id}`);
  expect(await resolver.resolveTxt(name)).toHaveLength(1);
  await api.delete(`${PATH}/${more.id}`);
  await expect(resolver.resolveTxt(name)).rejects.toThrow('ENOTFOUND');
});

test('a record that comes to be another one is answered as that', async () => {
  const tunnel = await api.create('@/cfd_tunnel', { name: 'turns' });
  const content = `${tunnel.id}.cfargotunnel.com`;
  const record = await api.create(PATH, { type: 'A', name: 'turns', content: '192.0.2.1' });
  const addresses = () => resolver.resolve4('turns.example.com', { ttl: true });
  expect(await addresses()).toEqual([{ address: '192.0.2.1', ttl: 300 }]);
  const one = `${PATH}/${record.id}`;
  await api.patch(one, { type: 'CNAME', content, proxied: true });
  expect(await addresses()).toEqual([{ address: '127.0.0.1', ttl: 300 }]);
  await api.patch(one, { proxied: false, ttl: 60 });
  expect(await resolver.resolveCname('turns.example.com')).toEqual([content]);
  await api.patch(one, { type: 'A', content: '192.0.2.2', proxied: true });
  expect(await addresses()).toEqual([{ address: '192.0.2.2', ttl: 300 }]);
});

test('a zone is answered for from its beginning to its end, save a partial one', async () => {
  const zone = (name: string, fields = {}) =>
    api.create('/zones', { name, account: { id: offramp.accountId }, ...fields });
  const { id } = await zone('empty.test');
  expect(await resolver.resolveSoa('empty.test')).toMatchObject({ nsname: 'ns1.empty.test' });
  await zone('partial.test', { type: 'partial' });
  await expect(resolver.resolveSoa('partial.test')).rejects.toThrow('EREFUSED');
  await api.create(`/zones/${id}/dns_records`, { type: 'AAAA', name: '@', content: '2001:db8::1' });
  expect(await resolver.resolve6('empty.test')).toEqual(['2001:db8::1']);
  await api.delete(`/zones/${id}`);
  await expect(resolver.resolveSoa('empty.test')).rejects.toThrow('EREFUSED');
});
