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
