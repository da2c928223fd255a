import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

const TOKEN = 'a-token-of-more-than-32-characters-0';
let any: SharedOfframp;
let strict: RunningOfframp;
beforeAll(async () => {
  [any, strict] = await Promise.all([sharedOfframp(), startOfframp(['--api-token', TOKEN])]);
});
afterAll(() => Promise.all([any.stop(), strict.stop()]));

interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers: Record<string, string>;
}

async function ask(
  { apiUrl }: Pick<RunningOfframp, 'apiUrl'>,
  { method = 'GET', path = '/client/v4/accounts', headers }: Question,
) {
  const { hostname, port } = new URL(apiUrl);
  const authorization = `Bearer ${TOKEN}`;
  const request = http.request({
    hostname,
    port,
    method,
    path,
    headers: { authorization, ...headers },
    agent: false,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const text = (await response.toArray()).join('');
  return { status: response.statusCode, headers: response.headers, text };
}

const errorOf = (text: string) => JSON.parse(text).errors[0];

describe('with --auth any', () => {
  test.each([
    'localhost',
    'localhost:7840',
    'LOCALHOST:7840',
    'localhost.:7840',
    '127.0.0.1',
    '127.0.0.1:7840',
    '[::1]:7840',
    '[::ffff:127.0.0.1]:7840',
    // A port or an address of a forwarder: no page of a stranger can have it for a name.
    '192.168.1.10:8080',
  ])('the Host %s is served, and as an Origin as well', async (host) => {
    expect((await ask(any, { headers: { host } })).status).toBe(200);
    for (const scheme of ['http', 'https'])
      expect((await ask(any, { headers: { host, origin: `${scheme}://${host}` } })).status).toBe(200);
  });

  test.each([
    'rebound.example.com',
    'rebound.example.com:7840',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '127.0.0.1.nip.io:7840',
    'quiet-otter-lamp.localhost:7883',
    '127.1',
    '2130706433',
    'a@localhost',
    'localhost@rebound.example.com',
    'localhost:7840:rebound.example.com',
    '[rebound.example.com]',
    '::1',
  ])('the Host "%s" is refused, with its value and what would be right', async (host) => {
    const { status, text } = await ask(any, { headers: { host } });
    expect([status, errorOf(text).code]).toEqual([403, 10403]);
    expect(errorOf(text).message).toContain(
      `Host is "${host}"; with --auth any it must be localhost or an IP`,
    );
    expect(errorOf(text).message).toContain('--auth strict');
  });

  test.each([
    'https://rebound.example.com',
    'http://quiet-otter-lamp.localhost:7880',
    'http://localhost.example.com',
    'null',
    'file://',
    'ftp://localhost',
    'chrome-extension://localhost',
    'http://localhost/path',
    'http://localhost http://rebound.example.com',
    '',
  ])('the Origin "%s" is refused, with its value', async (origin) => {
    const { status, text } = await ask(any, { headers: { host: 'localhost', origin } });
    expect([status, errorOf(text).code]).toEqual([403, 10403]);
    expect(errorOf(text).message).toContain(`Origin is "${origin}"`);
  });

  test.each([
    ['GET', '/'],
    ['GET', '/docs'],
    ['GET', '/docs/json'],
    ['GET', '/docs/static/index.css'],
    ['GET', '/_offramp/health'],
    ['GET', '/_offramp/ca.pem'],
    ['GET', '/_offramp/openapi.json'],
    ['GET', '/_offramp/requests'],
    ['PUT', '/_offramp/faults'],
    ['POST', '/tunnel'],
    ['GET', '/nowhere'],
    ['GET', '/client/v4/%zz'],
    ['DELETE', '/client/v4/zones'],
    ['OPTIONS', '/client/v4/zones'],
  ])('%s %s is refused to a foreign Host and Origin like everything on the port', async (method, path) => {
    const foreign = await ask(any, { method, path, headers: { host: 'rebound.example.com' } });
    const across = await ask(any, { method, path, headers: { origin: 'https://rebound.example.com' } });
    for (const { status, text, headers } of [foreign, across]) {
      expect([status, errorOf(text).code]).toEqual([403, 10403]);
      expect(headers['content-type']).toBe('application/json');
    }
  });

  test.each([
    ['HTTP/1.0 without a Host, which no browser speaks, is served', 'HTTP/1.0', 200],
    ['an empty Host is refused', 'HTTP/1.1\r\nConnection: close\r\nHost:', 403],
    [
      'of two Hosts none counts',
      'HTTP/1.1\r\nConnection: close\r\nHost: rebound.example.com\r\nHost: localhost',
      400,
    ],
    ['HTTP/1.1 without a Host is malformed', 'HTTP/1.1\r\nConnection: close', 400],
  ])('%s', async (_what, head, status) => {
    const { hostname, port } = new URL(any.apiUrl);
    const socket = net.connect(Number(port), hostname);
    socket.end(`GET /_offramp/health ${head}\r\n\r\n`);
    expect((await socket.toArray()).join('')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });
});

test('with --auth strict, which asks everybody for a credential, every Host and Origin is served', async () => {
  for (const headers of [
    { host: 'offramp:7840' },
    { host: 'api.example.com', origin: 'https://example.com' },
  ])
    expect((await ask(strict, { headers })).status).toBe(200);
});

test.each([
  ['any', () => any],
  ['strict', () => strict],
])('with --auth %s no page gets permission to ask across origins', async (_mode, offramp) => {
  for (const origin of ['https://rebound.example.com', 'http://localhost:3000']) {
    const preflight = { origin, 'access-control-request-method': 'DELETE' };
    for (const method of ['OPTIONS', 'GET']) {
      const { headers } = await ask(offramp(), { method, headers: preflight });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  }
});

/** The answer to bytes as they are. */
async function answerTo({ apiUrl }: Pick<RunningOfframp, 'apiUrl'>, bytes: string): Promise<string> {
  const { hostname, port } = new URL(apiUrl);
  const socket = net.connect(Number(port), hostname);
  socket.write(bytes);
  return (await socket.toArray()).join('');
}

const head = (target: string, ...hosts: string[]) =>
  `${[`GET ${target} HTTP/1.1`, ...hosts.map((host) => `Host: ${host}`), `Authorization: Bearer ${TOKEN}`, 'Connection: close'].join('\r\n')}\r\n\r\n`;

// RFC 9112 section 3.2.2: every server takes the absolute form, and the host in it counts more than Host.
test('a target in absolute form is served, and its host must be as local as Host', async () => {
  const target = '/client/v4/accounts';
  expect(await answerTo(any, head(`http://localhost:7840${target}`, 'localhost'))).toMatch(
    /^HTTP\/1\.1 200 /,
  );
  expect(await answerTo(strict, head(`https://api.example${target}`, 'api.example'))).toMatch(
    /^HTTP\/1\.1 200 /,
  );
  const foreign = await answerTo(any, head(`http://evil.example${target}`, 'localhost'));
  expect(foreign).toMatch(/^HTTP\/1\.1 403 [\s\S]*Host is \\"evil\.example\\"/);
});

// RFC 9112 section 3.2.
test.each(['any', 'strict'])(
  'more than one Host is refused with --auth %s, even when they are the same',
  async (mode) => {
    const offramp = mode === 'any' ? any : strict;
    for (const other of ['localhost', 'evil.example'])
      expect(await answerTo(offramp, head('/client/v4/accounts', 'localhost', other))).toMatch(
        /^HTTP\/1\.1 400 [\s\S]*"code":1001,"message":"more than one Host header"/,
      );
  },
);
