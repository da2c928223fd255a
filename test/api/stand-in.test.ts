import { readFileSync } from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { runProgram, spawnProgram } from '../support/program.js';

const HOST = 'api.cloudflare.com';
let offramp: RunningOfframp;
let port: number;
let bundle: string;
beforeAll(async () => {
  offramp = await startOfframp(['--stand-in', '--stand-in-port', '0']);
  const health = await (await fetch(new URL('/_offramp/health', offramp.apiUrl))).json();
  ({ port, ca_bundle: bundle } = (
    health as { services: { stand_in: { port: number; ca_bundle: string } } }
  ).services.stand_in);
});
afterAll(() => offramp.stop());

/** As a client whose hosts file leads the name to this machine, and that trusts what `offramp env --stand-in` names. */
function ask(
  host: string,
  path: string,
  init: { method?: string; body?: string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', body } = init;
    const request = https.request(
      {
        host: '127.0.0.1',
        port,
        servername: host,
        method,
        path,
        ca: readFileSync(bundle),
        agent: false,
        headers: { host, authorization: 'Bearer test-token', 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode!, text }));
      },
    );
    request.on('error', reject).end(body);
  });
}

test("a client of Cloudflare's host name is served as by the API, with a certificate that it trusts", async () => {
  const { status, text } = await ask(HOST, '/client/v4/accounts');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual((await apiOf(offramp).get('/accounts')).body);
});

test("Cloudflare's SDK, told no other address, creates, reads, changes, lists and deletes", async () => {
  const client = new Cloudflare({
    apiToken: 'test-token',
    fetch: async (url, init) => {
      const { hostname, pathname, search } = new URL(String(url));
      const { status, text } = await ask(hostname, pathname + search, {
        ...(init?.method && { method: init.method }),
        ...(init?.body && { body: String(init.body) }),
      });
      return new Response(text, { status, headers: { 'content-type': 'application/json' } });
    },
  });
  const account_id = offramp.accountId;
  const origins = [{ name: 'one', address: '8.8.8.8' }];
  const { id } = await client.loadBalancers.pools.create({ account_id, name: 'stood-in', origins });
  const changed = await client.loadBalancers.pools.edit(id!, { account_id, description: 'changed' });
  expect(changed).toMatchObject({ id, description: 'changed' });
  const listed = [];
  for await (const pool of client.loadBalancers.pools.list({ account_id })) listed.push(pool.name);
  expect(listed).toEqual(['stood-in']);
  await client.loadBalancers.pools.delete(id!, { account_id });
  await expect(client.loadBalancers.pools.get(id!, { account_id })).rejects.toMatchObject({ status: 404 });
});

test('another name is refused there, and this name where there is no TLS', async () => {
  await expect(ask('evil.example', '/client/v4/accounts')).rejects.toThrow(/altnames/);
  const insecure = new Promise<string>((resolve) => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      socket.write(
        `GET /client/v4/accounts HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer t\r\n\r\n`,
      );
      socket.once('data', (data) => resolve(String(data)));
    });
  });
  expect(await insecure).toContain('403 Forbidden');
});

test('the environment is printed, also to who reads only its first line', async () => {
  const flags = ['env', '--stand-in', '--api-url', offramp.apiUrl];
  const { code, out } = await runProgram(flags);
  expect(code).toBe(0);
  for (const line of [
    `export CLOUDFLARE_API_HOSTNAME='localhost:${port}'`,
    `export SSL_CERT_FILE='${bundle}'`,
    `# In /etc/hosts: 127.0.0.1 ${HOST}`,
  ])
    expect(out).toContain(line);
  const reader = spawnProgram(flags);
  let err = '';
  reader.stderr!.on('data', (part) => {
    err += part;
  });
  reader.stdout!.destroy();
  const [ended] = await new Promise<[number | null]>((resolve) =>
    reader.once('close', (code) => resolve([code])),
  );
  expect([ended, err]).toEqual([0, '']);
});

test('without --stand-in there is none, and its environment says how to have one', async () => {
  const plain = await startOfframp(['--memory']);
  const { code, err } = await runProgram(['env', '--stand-in', '--api-url', plain.apiUrl]);
  expect([code, err]).toEqual([2, expect.stringContaining('start Offramp with --stand-in')]);
  await plain.stop();
});
