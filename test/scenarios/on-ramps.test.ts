import { promises as dns } from 'node:dns';
import { mkdtempSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.js';
import type { OriginProcess } from '../support/origin-process.js';
import { trafficClient } from '../support/traffic.js';

let lab: Lab;
let resolver: dns.Resolver;
const DATABASE = 'db.example.com';

beforeAll(async () => {
  const locations = path.join(mkdtempSync(path.join(os.tmpdir(), 'offramp-locations-')), 'locations.csv');
  writeFileSync(locations, 'network,country,region,latitude,longitude\n127.0.0.0/8,NZ,OC,-41.3,174.8\n');
  lab = await openLab([`--tcp=0=${DATABASE}`, `--locations=${locations}`]);
  await lab.connect();
  resolver = new dns.Resolver({ timeout: 60_000, tries: 1 });
  resolver.setServers([lab.offramp.dns]);
});
afterAll(() => lab.close());

const publicPool = (name: string, address: string) =>
  lab.api.create('@/load_balancers/pools', { name, origins: [{ name: 'a', address }] });

function balancerOf(name: string, pools: readonly { id: string }[], fields = {}) {
  return { name, default_pools: pools.map(({ id }) => id), fallback_pool: pools.at(-1)!.id, ...fields };
}

/** What a TCP connection to the database's port answers to one HTTP request. */
function overTcp(): Promise<string> {
  const address = lab.offramp.tcp[DATABASE]!;
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: host!, port: Number(port) });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write('GET / HTTP/1.1\r\nHost: by-tcp\r\nConnection: close\r\n\r\n');
  });
}

test('DNS answers with the origin of a load balancer that is not proxied, and HTTP serves it all the same', async () => {
  const [one, two] = [await publicPool('dns-one', '1.1.1.1'), await publicPool('dns-two', '2606:4700::1111')];
  const name = 'www.example.com';
  const { id } = await lab.api.create('%/load_balancers', balancerOf(name, [one], { ttl: 60 }));
  expect(await resolver.resolve4(name, { ttl: true })).toEqual([{ address: '1.1.1.1', ttl: 60 }]);
  await expect(resolver.resolve6(name)).rejects.toThrow('ENODATA');
  await expect(resolver.resolve4('other.example.com')).rejects.toThrow('ENOTFOUND');
  await expect(resolver.resolve4('example.org')).rejects.toThrow('EREFUSED');
  await lab.api.patch(`%/load_balancers/${id}`, { default_pools: [two.id] });
  expect(await resolver.resolve6(name)).toEqual(['2606:4700::1111']);
  await lab.api.patch(`%/load_balancers/${id}`, { proxied: true });
  expect(await resolver.resolve4(name)).toEqual(['127.0.0.1']);
  await lab.api.patch(`%/load_balancers/${id}`, { enabled: false });
  await expect(resolver.resolve4(name)).rejects.toThrow('ENOTFOUND');
  const origin = await lab.startOrigin('http-too');
  const served = await lab.createPool('http-too', [origin]);
  await lab.api.create('%/load_balancers', balancerOf('both.example.com', [served]));
  const client = trafficClient(lab.offramp.http);
  expect((await client.get('both.example.com')).status).toBe(200);
  client.close();
});

test('a rule about DNS counts in DNS', async () => {
  const [one, two] = [await publicPool('rule-one', '1.0.0.1'), await publicPool('rule-two', '1.0.0.2')];
  const rule = {
    condition: 'dns.qry.type eq 1 and ip.src in {127.0.0.0/8}',
    overrides: { default_pools: [two.id] },
  };
  await lab.api.create('%/load_balancers', balancerOf('rule.example.com', [one], { rules: [rule] }));
  expect(await resolver.resolve4('rule.example.com')).toEqual(['1.0.0.2']);
});

test('the locations file says where a resolver is', async () => {
  const [far, near] = [await publicPool('geo-far', '1.0.0.3'), await publicPool('geo-near', '1.0.0.4')];
  const fields = {
    steering_policy: 'geo',
    country_pools: { NZ: [near.id] },
    location_strategy: { mode: 'resolver_ip', prefer_ecs: 'never' },
  };
  const { id } = await lab.api.create('%/load_balancers', balancerOf('geo.example.com', [far], fields));
  expect(await resolver.resolve4('geo.example.com')).toEqual(['1.0.0.4']);
  await lab.api.patch(`%/load_balancers/${id}`, { location_strategy: { mode: 'pop', prefer_ecs: 'never' } });
  expect(await resolver.resolve4('geo.example.com')).toEqual(['1.0.0.3']);
});

test('a TCP port goes through the tunnel to an origin of its load balancer, and to another one when that refuses', async () => {
  await expect(overTcp()).rejects.toThrow('ECONNRESET');
  const origins: OriginProcess[] = [await lab.startOrigin('tcp-a'), await lab.startOrigin('tcp-b')];
  const pool = await lab.createPool('tcp', origins);
  await lab.api.create('%/load_balancers', balancerOf(DATABASE, [pool]));
  expect(await overTcp()).toMatch(/^HTTP\/1\.1 200[\s\S]*tcp-[ab]/);
  await origins[0]!.kill();
  for (let i = 0; i < 5; i++) expect(await overTcp()).toMatch(/tcp-b/);
});

test('a load balancer of an account is reached where the answer to its write says', async () => {
  const origin = await lab.startOrigin('payroll');
  const pool = await lab.createPool('payroll', [origin]);
  const { body } = await lab.api.post('@/load_balancers', balancerOf('Payroll', [pool]));
  const [url] = /http:\/\/[\d.]+:\d+/.exec(body.messages[0].message)!;
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('payroll')]);
  expect(await onRamps()).toMatchObject({
    http: { host: '127.0.0.1', port: expect.any(Number) },
    dns: { host: '127.0.0.1', port: expect.any(Number) },
    tcp: [{ load_balancer: DATABASE, host: '127.0.0.1', port: expect.any(Number) }],
    private: [
      { id: body.result.id, account_id: lab.offramp.accountId, load_balancer: 'Payroll', url, error: null },
    ],
  });
  await lab.api.delete(`@/load_balancers/${body.result.id}`);
  expect((await onRamps()).private).toEqual([]);
});

test('strangers are not told the ways in', async () => {
  expect((await fetch(onRampsUrl())).status).toBe(400);
});

const onRampsUrl = () => `${new URL(lab.offramp.apiUrl).origin}/_offramp/on-ramps`;

async function onRamps(): Promise<Record<string, unknown>> {
  const answer = await fetch(onRampsUrl(), { headers: { authorization: 'Bearer test-token' } });
  return (await answer.json()) as Record<string, unknown>;
}
