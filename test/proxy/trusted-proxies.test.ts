import { expect, test } from 'vitest';
import { parseCidr } from '../../src/net/addresses.js';
import { newest } from '../support/request-filters.js';
import { ask as askHttp1 } from './ask.js';
import { httpOrigin } from './fake-origin.js';
import { ask, http2Client, startHttpsRig } from './https-rig.js';

/**
 * From a client, X-Forwarded-For is passed on with the client's address behind it, and CF-Connecting-IP is that address:
 * developers.cloudflare.com/fundamentals/reference/http-headers. A proxy of one's own in front stands where Cloudflare's
 * own would: its word counts.
 */

async function rigBehind(...networks: string[]) {
  const seen: Record<string, unknown>[] = [];
  const origin = await httpOrigin(({ headers }, response) => {
    seen.push(headers);
    response.end('ok');
  });
  const trustedProxies = networks.map((text) => parseCidr(text)!);
  const rig = await startHttpsRig({ origins: [origin.port], trustedProxies });
  return { rig, seen };
}

const CASES = [
  ['a trusted proxy names its client', '203.0.113.7', '203.0.113.7'],
  ['what the client wrote itself does not count', '192.0.2.99, 203.0.113.7', '203.0.113.7'],
  ['trusted proxies behind each other are passed over', '203.0.113.7, 10.1.2.3, 127.0.0.9', '203.0.113.7'],
  ['all of them are trusted: the first is the client', '10.1.2.3, 127.0.0.9', '10.1.2.3'],
  ['IPv6, with a port', '[2001:DB8::7]:4711', '2001:db8::7'],
  ['IPv4, with a port', '203.0.113.7:4711', '203.0.113.7'],
  ['no address: the last that was one', 'unknown, 10.1.2.3', '10.1.2.3'],
  ['nothing that is an address', 'unknown', '127.0.0.1'],
] as const;

test.each(CASES)('%s', async (_, forwarded, clientIp) => {
  const { rig, seen } = await rigBehind('127.0.0.0/8', '10.0.0.0/8');
  const headers = { 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'https' };
  await askHttp1(rig.port, { headers });
  await ask(await http2Client(rig), headers);
  for (const received of seen)
    expect(received).toMatchObject({
      'cf-connecting-ip': clientIp,
      'x-forwarded-for': `${forwarded}, 127.0.0.1`,
      'x-forwarded-proto': 'https',
      'cf-visitor': '{"scheme":"https"}',
    });
  expect(seen).toHaveLength(2);
  expect(rig.requests.find(newest(10)).map((report) => report.clientIp)).toEqual([clientIp, clientIp]);
});

test('elsewhere neither field is believed', async () => {
  const { rig, seen } = await rigBehind('10.0.0.0/8');
  await askHttp1(rig.port, { headers: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' } });
  expect(seen[0]).toMatchObject({
    'cf-connecting-ip': '127.0.0.1',
    'x-forwarded-for': '203.0.113.7, 127.0.0.1',
    'x-forwarded-proto': 'http',
  });
});

test('a scheme that is none is not believed, and without one it is that of the connection', async () => {
  const { rig, seen } = await rigBehind('127.0.0.0/8');
  await askHttp1(rig.port, { headers: { 'x-forwarded-proto': 'gopher' } });
  await askHttp1(rig.port, { headers: { 'x-forwarded-proto': 'http, https' } });
  await ask(await http2Client(rig), {});
  expect(seen.map((headers) => headers['x-forwarded-proto'])).toEqual(['http', 'https', 'https']);
});
