import type Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { all, sdkOf } from '../support/sdk.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

let offramp: SharedOfframp;
let client: Cloudflare;

beforeAll(async () => {
  offramp = await sharedOfframp();
  client = sdkOf(offramp);
});
afterAll(() => offramp.stop());

test('the official SDK publishes the host name of a tunnel', async () => {
  const { accountId: account_id, zoneId: zone_id } = offramp;
  const tunnel = await client.zeroTrust.tunnels.cloudflared.create({ account_id, name: 'sdk' });
  const target = {
    zone_id,
    type: 'CNAME',
    name: 'app.example.com',
    content: `${tunnel.id}.cfargotunnel.com`,
    proxied: true,
    ttl: 1,
  } as const;
  const record = await client.dns.records.create(target);
  expect(record).toMatchObject({ type: 'CNAME', name: 'app.example.com', content: target.content, ttl: 1 });
  expect(await client.dns.records.get(record.id, { zone_id })).toEqual(record);
  const edited = await client.dns.records.edit(record.id, { ...target, comment: 'edited' });
  expect(edited.comment).toBe('edited');
  const updated = await client.dns.records.update(record.id, { ...target, name: 'web.example.com' });
  expect(updated).toMatchObject({ id: record.id, name: 'web.example.com', comment: null });
  const listed = (name: object) => all(client.dns.records.list({ zone_id, name, type: 'CNAME' }));
  expect(await listed({ exact: 'web.example.com' })).toEqual([updated]);
  expect(await listed({ startswith: 'app.' })).toEqual([]);
  expect(await client.dns.records.delete(record.id, { zone_id })).toEqual({ id: record.id });
  await expect(client.dns.records.get(record.id, { zone_id })).rejects.toThrow(/81044/);
});

test('the official SDK keeps addresses, aliases and text', async () => {
  const { zoneId: zone_id } = offramp;
  const records = [
    { type: 'A', name: 'sdk.example.com', content: '192.0.2.1', ttl: 60, proxied: false },
    { type: 'A', name: 'sdk.example.com', content: '192.0.2.2', ttl: 60, proxied: false },
    { type: 'AAAA', name: 'sdk.example.com', content: '2001:db8::1', ttl: 1 },
    {
      type: 'TXT',
      name: 'sdk.example.com',
      content: '"heritage=external-dns,external-dns/owner=me"',
      ttl: 1,
    },
    { type: 'CNAME', name: 'alias.example.com', content: 'sdk.example.com', ttl: 1, comment: 'an alias' },
  ] as const;
  for (const record of records) {
    const made = await client.dns.records.create({ zone_id, ...record });
    expect(made).toMatchObject(record);
    expect(await client.dns.records.get(made.id, { zone_id })).toEqual(made);
    const edited = await client.dns.records.edit(made.id, { zone_id, ...record, ttl: 120 });
    expect(edited).toMatchObject({ ...record, ttl: 120 });
    await client.dns.records.update(made.id, { zone_id, ...record });
  }
  const listed = await all(client.dns.records.list({ zone_id, name: { exact: 'sdk.example.com' } }));
  expect(listed.map(({ type }) => type)).toEqual(['A', 'A', 'AAAA', 'TXT']);
  const again = client.dns.records.create({ zone_id, ...records[0] });
  await expect(again).rejects.toThrow(/81058/);
  const alias = client.dns.records.create({
    zone_id,
    ...records[4],
    name: 'sdk.example.com',
    content: 'www.example.net',
  });
  await expect(alias).rejects.toThrow(/81053/);
  for (const { id } of listed) await client.dns.records.delete(id, { zone_id });
});
