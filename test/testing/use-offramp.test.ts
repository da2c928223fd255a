import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { httpOrigin } from '../support/fake-origins.js';
import { eventually } from '../support/waiting.js';

// What is built: the program that it starts lies beside it.
const { shareOfframp, useOfframp } = await import('../../dist/testing.js');

const STRICT = 'a-token-of-more-than-32-characters-0';
const offramp = useOfframp({ beforeAll, afterAll, start: { region: 'WEU' } });

async function balanced(name: string, body: string): Promise<string> {
  const origin = await httpOrigin((request, response) => response.end(`${body} ${request.headers.host}`));
  const { port } = origin.address() as AddressInfo;
  const pool = await offramp.api('POST', `/accounts/${offramp.accountId}/load_balancers/pools`, {
    name,
    origins: [{ name: 'local', address: '127.0.0.1', port }],
  });
  const host = `${name}.${offramp.domain}`;
  await offramp.api('POST', `/zones/${offramp.zoneId}/load_balancers`, {
    name: host,
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
  });
  return host;
}

test('a visitor reaches what the API was told, over HTTP and HTTPS, and requests are found by what they were', async () => {
  const host = await balanced('www', 'hello');
  expect(await offramp.visit(`http://${host}/cart`)).toMatchObject({ status: 200, body: `hello ${host}` });
  expect(await offramp.visit(`https://${host}/safe`, { method: 'POST', body: 'x' })).toMatchObject({
    status: 200,
  });
  await offramp.visit('http://elsewhere.test/cart');
  const both = await offramp.waitForRequests(2);
  expect(both.map(({ path, status }) => [path, status])).toEqual([
    ['/safe', 200],
    ['/cart', 200],
  ]);
  expect(await offramp.requests({ path: '/safe', method: 'POST' })).toHaveLength(1);
  await expect(offramp.waitForRequests(1, { path: '/cart', status: 503, timeoutMs: 1 })).rejects.toThrow(
    /^0 of 1 requests came; nearest were one that differs in status: \{.*"\/cart"/,
  );
  const explained = await offramp.explain(`http://${host}/`, { ip: '192.0.2.7', headers: { accept: '*/*' } });
  expect(explained).toMatchObject({
    client_ip: '192.0.2.7',
    place: { region: 'WEU' },
    chosen: { pool: { name: 'www' } },
  });
});

test('programs get the variables that `offramp env` prints', () => {
  expect(offramp.env).toMatchObject({
    CLOUDFLARE_BASE_URL: offramp.sdk.baseURL,
    CLOUDFLARE_API_TOKEN: offramp.token,
    CLOUDFLARE_ACCOUNT_ID: offramp.accountId,
    CLOUDFLARE_ZONE_ID: offramp.zoneId,
    TUNNEL_CACERT: offramp.edgeCa,
  });
});

test('what is refused is thrown, with what was asked and why', async () => {
  await expect(offramp.api('POST', '/accounts', { name: '' })).rejects.toThrow(
    /^POST \/accounts was answered with 400: .*name must not be empty/,
  );
});

test('the clock stands, passes and goes back to real time', async () => {
  const at = new Date('2030-01-31T12:00:00Z');
  await offramp.clock.stop(at);
  await offramp.clock.advance(60_000);
  expect(await offramp.clock.now()).toEqual(new Date('2030-01-31T12:01:00Z'));
  await offramp.clock.reset();
  expect((await offramp.clock.now()).getTime()).toBeLessThan(at.getTime());
});

test('a reset leaves an account and a zone that are new', async () => {
  const { accountId, domain } = offramp;
  await balanced('gone', 'not any more');
  await offramp.reset();
  expect(offramp.accountId).not.toBe(accountId);
  expect(offramp.domain).not.toBe(domain);
  expect(await offramp.api('GET', `/zones/${offramp.zoneId}/load_balancers`)).toEqual([]);
  await expect(offramp.api('GET', `/accounts/${accountId}`)).rejects.toThrow('404');
});

/** Runs what a file does at its beginning and its end. */
function fileOf(options: object = {}) {
  const tasks: Record<string, () => Promise<void>> = {};
  const used = useOfframp({
    beforeAll: (task: () => Promise<void>) => Object.assign(tasks, { begin: task }),
    afterAll: (task: () => Promise<void>) => Object.assign(tasks, { end: task }),
    ...options,
  });
  return { used, begin: tasks.begin!, end: tasks.end! };
}

describe('with a server for the whole run', () => {
  test('each file has an account that goes with everything in it, and the server ends when it is told', async () => {
    const stop = await shareOfframp();
    onTestFinished(stop);
    const [one, other] = [fileOf(), fileOf({ domain: 'chosen.test' })];
    await Promise.all([one.begin(), other.begin()]);
    expect(one.used.apiUrl).toBe(other.used.apiUrl);
    expect(one.used.accountId).not.toBe(other.used.accountId);
    expect(other.used.domain).toBe('chosen.test');
    const pools = `/accounts/${one.used.accountId}/load_balancers/pools`;
    const pool = { name: 'left', origins: [{ name: 'one', address: '192.0.2.1' }] };
    const { id } = await one.used.api('POST', pools, pool);
    const balancer = { name: `www.${one.used.domain}`, default_pools: [id], fallback_pool: id };
    await one.used.api('POST', `/zones/${one.used.zoneId}/load_balancers`, balancer);
    await one.end();
    const accounts: { id: string }[] = await other.used.api('GET', '/accounts');
    expect(accounts).toHaveLength(2);
    expect((await other.used.api('GET', '/zones')).map(({ name }: { name: string }) => name).sort()).toEqual([
      'chosen.test',
      'offramp.test',
    ]);
    // A name is one zone's on the whole server, and who cannot have it leaves nothing behind.
    await expect(fileOf({ domain: 'chosen.test' }).begin()).rejects.toThrow(
      /there is no zone chosen.test for this file: .* leave "domain" out, or give the file a server of its own/,
    );
    expect(await other.used.api('GET', '/accounts')).toHaveLength(2);
    await expect(other.used.api('GET', 'zones')).rejects.toThrow('"zones" is no path of the API');
    expect(await other.used.api('GET', '/client/v4/zones')).toHaveLength(2);
    const { apiUrl, api } = other.used;
    await other.end();
    await stop();
    await expect(fetch(`${apiUrl}/accounts`)).rejects.toThrow();
    await expect(api('GET', '/accounts')).rejects.toThrow('the Offramp of this run has ended');
  });

  test('a server is shared once, and a file with flags of its own has one of its own', async () => {
    onTestFinished(await shareOfframp());
    const again = await shareOfframp({ region: 'ENAM' });
    await again();
    const [shared, own] = [fileOf(), fileOf({ start: { apiToken: STRICT } })];
    await Promise.all([shared.begin(), own.begin()]);
    expect(own.used.apiUrl).not.toBe(shared.used.apiUrl);
    expect(own.used.token).toBe(STRICT);
    await Promise.all([shared.end(), own.end()]);
  });
});

test('what is wrong is said: no hooks, a value before its time, a flag that there is not', async () => {
  expect(() => useOfframp()).toThrow(
    "useOfframp finds no beforeAll: give it the runner's hooks, useOfframp({ beforeAll, afterAll })",
  );
  const early = fileOf({ start: { nonsense: 1 } });
  expect(() => early.used.apiUrl).toThrow('offramp.apiUrl is there while tests run');
  await expect(early.begin()).rejects.toThrow(/^no Offramp could be started, code 2: .*--nonsense/);
});

test('a server does not outlive a run that is killed', async () => {
  const kit = new URL('../../dist/testing.js', import.meta.url).href;
  const run = `const { shareOfframp } = await import('${kit}'); await shareOfframp(); console.log(process.env.TESTING_OFFRAMP); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const { api_url: apiUrl } = JSON.parse(line);
  expect((await fetch(`${apiUrl}/accounts`, { headers: { authorization: 'Bearer any-token' } })).status).toBe(
    200,
  );
  child.kill('SIGKILL');
  await eventually(() =>
    fetch(apiUrl).then(
      () => false,
      () => true,
    ),
  );
});
