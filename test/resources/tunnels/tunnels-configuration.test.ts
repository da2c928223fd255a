import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
let names = 0;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

/** The path of a new tunnel. */
async function tunnel(fields: object = {}): Promise<string> {
  names += 1;
  const { id } = await api.create('@/cfd_tunnel', { name: `configured-${names}`, ...fields });
  return `@/cfd_tunnel/${id}`;
}

test('the configuration is version 0 and empty at first, and each PUT makes the next version', async () => {
  const path = await tunnel({ config_src: 'cloudflare' });
  const { id, created_at } = (await api.get(path)).body.result;
  const empty = {
    account_id: offramp.accountId,
    tunnel_id: id,
    version: 0,
    source: 'cloudflare',
    created_at,
  };
  expect((await api.get(`${path}/configurations`)).body.result).toEqual(empty);

  const config = { ingress: [{ service: 'http_status:404' }] };
  for (const version of [1, 2]) {
    const put = await api.put(`${path}/configurations`, { config });
    expect(put.body.result).toEqual({
      ...empty,
      version,
      config,
      created_at: expect.stringMatching(TIME),
    });
    expect((await api.get(`${path}/configurations`)).body.result).toEqual(put.body.result);
  }
});

test('a configuration is read back as it was put: nothing added, unknown members kept', async () => {
  const path = await tunnel();
  const config = {
    ingress: [
      {
        hostname: 'app.example.com',
        path: '^/(a|b)$',
        service: 'https://127.0.0.1:8443',
        originRequest: {
          access: { required: true, teamName: 'team', audTag: ['a', 'b'], environment: 'x' },
          caPool: '/etc/ca.pem',
          connectTimeout: 0,
          disableChunkedEncoding: false,
          http2Origin: true,
          httpHostHeader: 'app',
          keepAliveConnections: 7,
          keepAliveTimeout: 90,
          matchSNItoHost: true,
          noHappyEyeballs: true,
          noTLSVerify: true,
          originServerName: 'app.internal',
          proxyType: 'socks',
          tcpKeepAlive: 30,
          tlsTimeout: 10,
          ipRules: [{ prefix: '10.0.0.0/8', ports: [22], allow: true }],
        },
      },
      { hostname: '*.example.com', service: 'unix:/run/app.sock', originRequest: {} },
      { hostname: '', path: '', service: 'http_status:404', note: { made: ['by', 1, 'client'] } },
    ],
    originRequest: {},
    'warp-routing': { enabled: false },
    future: [{ deep: { deeper: [null] } }, 1.5, 'text', true],
  };
  const put = await api.put(`${path}/configurations`, { config });
  expect(put.status).toBe(200);
  expect(put.body.result.config).toEqual(config);
  expect((await api.get(`${path}/configurations`)).body.result.config).toEqual(config);
});

test('a PUT makes a locally managed tunnel a remotely managed one, and has nothing to say without connectors', async () => {
  const path = await tunnel();
  expect((await api.get(`${path}/configurations`)).body.result.source).toBe('local');
  const put = await api.put(`${path}/configurations`, {
    config: { ingress: [{ service: 'hello_world' }] },
  });
  expect(put.body.result.source).toBe('cloudflare');
  expect(put.body.messages).toEqual([]);
  expect((await api.get(path)).body.result).toMatchObject({
    config_src: 'cloudflare',
    remote_config: true,
  });
});

test('a PUT with "local" as source leaves the tunnel managed locally, or makes it so', async () => {
  const path = await tunnel();
  const body = { config: { ingress: [{ service: 'hello_world' }] }, source: 'local' };
  for (const other of [body, { ...body, source: 'cloudflare' }, { config: body.config, source: null }]) {
    await api.put(`${path}/configurations`, other);
    const put = await api.put(`${path}/configurations`, body);
    expect(put.body.result).toMatchObject(body);
    expect(put.body.messages).toEqual([
      { code: 10501, message: expect.stringMatching(/^source: connectors of a locally managed tunnel keep/) },
    ]);
    expect((await api.get(`${path}/configurations`)).body.result).toEqual(put.body.result);
    expect((await api.get(path)).body.result).toMatchObject({ config_src: 'local', remote_config: false });
  }
  const refused = await api.put(`${path}/configurations`, { ...body, source: 'elsewhere' });
  expect([refused.status, refused.body.errors[0].code]).toEqual([400, 1030]);
});

test('a member that is null is as good as not sent, at every level', async () => {
  const path = await tunnel();
  const put = await api.put(`${path}/configurations`, {
    config: {
      ingress: [
        {
          hostname: 'a.example.com',
          service: 'http://localhost',
          originRequest: { noTLSVerify: null, http2Origin: true },
        },
        { hostname: null, path: null, service: 'http_status:404', originRequest: null },
      ],
      originRequest: null,
      future: { deep: { deeper: null } },
    },
  });
  expect(put.body.result.config).toEqual({
    ingress: [
      { hostname: 'a.example.com', service: 'http://localhost', originRequest: { http2Origin: true } },
      { service: 'http_status:404' },
    ],
    future: { deep: {} },
  });
  expect((await api.get(`${path}/configurations`)).body.result).toEqual(put.body.result);
});

test.each([
  [{}, undefined],
  [{ config: null }, undefined],
  [{ config: {} }, {}],
  [{ config: { ingress: null } }, {}],
])('a configuration without rules is taken: %j', async (body, config) => {
  const path = await tunnel();
  const put = await api.put(`${path}/configurations`, body);
  expect([put.body.result.version, put.body.result.config]).toEqual([1, config]);
  expect((await api.get(`${path}/configurations`)).body.result).toEqual(put.body.result);
});

test.each([
  'http://localhost:8000',
  'https://10.0.0.1',
  'https://user:secret@app.internal:8443',
  'ws://[::1]:80',
  'wss://app',
  'tcp://10.0.0.1:5432',
  'ssh://host',
  'rdp://host:3389',
  'smb://host:445',
  'unix:/run/app.sock',
  'unix+tls:/run/app.sock',
  'http_status:100',
  'http_status:999',
  'hello_world',
  'bastion',
  'socks-proxy',
])('an ingress rule can lead to %s', async (service) => {
  const path = await tunnel();
  const config = { ingress: [{ hostname: 'app.example.com', service }, { service }] };
  expect((await api.put(`${path}/configurations`, { config })).body.result.config).toEqual(config);
});

const CATCH_ALL = { service: 'http_status:404' };
const rule = (fields: object) => ({ ingress: [{ service: 'http://localhost', ...fields }, CATCH_ALL] });
const service = (text: unknown) => rule({ hostname: 'a.example.com', service: text });
const request = (fields: object) => rule({ hostname: 'a.example.com', originRequest: fields });
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

test.each<[unknown, RegExp]>([
  [[], /config/],
  ['x', /config/],
  [{ ingress: [] }, /config\.ingress must have at least one rule/],
  [{ ingress: 'all' }, /config\.ingress/],
  [{ ingress: [{}] }, /config\.ingress\[0\]\.service is required/],
  [{ ingress: [null] }, /config\.ingress\[0\]/],
  [
    { ingress: [{ hostname: 'a.example.com', ...CATCH_ALL }] },
    /ingress\[0\] is the last rule and must match/,
  ],
  [{ ingress: [{ path: '/a', ...CATCH_ALL }] }, /ingress\[0\] is the last rule and must match every request/],
  [{ ingress: [CATCH_ALL, CATCH_ALL] }, /ingress\[0\] matches every request/],
  [{ ingress: [{ hostname: '*', ...CATCH_ALL }, CATCH_ALL] }, /ingress\[0\] matches every request/],
  [rule({ hostname: 'a.example.com:80' }), /ingress\[0\]\.hostname must not contain a port/],
  [rule({ hostname: 'a.*.com' }), /ingress\[0\]\.hostname may have a wildcard only as its first label/],
  [rule({ hostname: '*a.com' }), /ingress\[0\]\.hostname may have a wildcard only as its first label/],
  [rule({ hostname: 5 }), /ingress\[0\]\.hostname must be a string/],
  [rule({ hostname: 'x'.repeat(256) }), /ingress\[0\]\.hostname must be at most 255 characters/],
  [rule({ path: '(' }), /ingress\[0\]\.path "\(" must be a regular expression that Go can compile: missing/],
  [rule({ path: '(?!x)' }), /ingress\[0\]\.path .* must be a regular expression that Go can compile/],
  [rule({ path: '(a)\\1' }), /ingress\[0\]\.path .* must be a regular expression that Go can compile/],
  [rule({ path: '[z-a]' }), /ingress\[0\]\.path .* must be a regular expression that Go can compile/],
  [rule({ path: 'a**' }), /ingress\[0\]\.path .* must be a regular expression that Go can compile/],
  [service(''), /ingress\[0\]\.service "" must be a URL of/],
  [service('localhost:8000'), /ingress\[0\]\.service "localhost:8000" must be a URL of/],
  [service('http://'), /must be a URL of/],
  [service('http://:80'), /must be a URL of/],
  [service('ftp://host'), /must be a URL of/],
  [service('http://host/'), /"http:\/\/host\/" must not have a path/],
  [service('http://host:8080/app'), /must not have a path/],
  [service('http://host:65536'), /has a port above 65535/],
  [service('http_status:99'), /must name an HTTP status from 100 to 999/],
  [service('http_status:1000'), /must name an HTTP status from 100 to 999/],
  [service('http_status:abc'), /must name an HTTP status from 100 to 999/],
  [service('unix:'), /must be a URL of/],
  [service('x'.repeat(5000)), /must be at most 4096 characters/],
  [service('a\0b'), /must not contain NUL/],
  [request({ connectTimeout: '10s' }), /originRequest\.connectTimeout/],
  [request({ connectTimeout: 1.5 }), /originRequest\.connectTimeout/],
  [request({ tlsTimeout: -1 }), /originRequest\.tlsTimeout is not in range \[0, 2147483647\]/],
  [request({ noTLSVerify: 'yes' }), /originRequest\.noTLSVerify/],
  [request({ proxyType: 'http' }), /originRequest\.proxyType/],
  [request({ access: {} }), /originRequest\.access\.teamName is required/],
  [request({ access: { teamName: 't', audTag: 'x' } }), /originRequest\.access\.audTag/],
  [request({ unknown: ['a\0b'] }), /config must not contain NUL/],
  [{ '\0': 1 }, /config must not contain NUL/],
  [{ 'warp-routing': { enabled: 1 } }, /warp-routing\.enabled/],
  [{ deep: nested(40) }, /config must not nest deeper than 32 levels/],
  [{ deep: nested(900) }, /config must not nest deeper than 32 levels/],
])('a configuration that cannot be used is refused: %j', async (config, message) => {
  const path = await tunnel();
  const answer = await api.put(`${path}/configurations`, { config });
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
  expect(answer.body.errors[0].message).toMatch(message);
  expect((await api.get(`${path}/configurations`)).body.result).toMatchObject({
    version: 0,
    source: 'local',
  });
});

test('half a character anywhere in a configuration is refused', async () => {
  const path = await tunnel();
  for (const text of ['{"config":{"note":"\\ud800"}}', '{"config":{"\\udfff":1}}']) {
    const answer = await api.put(`${path}/configurations`, text);
    expect(answer.body.errors[0].message).toMatch(/config must be valid Unicode text/);
  }
});

test.each([
  '^/api(/v[12])?$',
  '\\.(jpg|png|css|js)$',
  '(?i)^/Admin',
  '(?P<id>\\d+)',
  '\\p{Greek}',
  '[α-ω]+',
  '/é',
  '',
])('the path of an ingress rule may be %s', async (pattern) => {
  const path = await tunnel();
  const config = { ingress: [{ path: pattern, hostname: 'a.example.com', service: 'http://a' }, CATCH_ALL] };
  expect((await api.put(`${path}/configurations`, { config })).body.result.config).toEqual(config);
});

test('a thousand rules may all have a path, and what would take long to compile is refused', async () => {
  const path = await tunnel();
  const rules = (pattern: string) => ({
    config: {
      ingress: [...Array.from({ length: 1_000 }, () => ({ path: pattern, service: 'http://a' })), CATCH_ALL],
    },
  });
  expect((await api.put(`${path}/configurations`, rules('^/api/[a-z]{1,20}\\.json$'))).status).toBe(200);
  const slow = await api.put(`${path}/configurations`, rules('(?i)[é-\u{10ffff}]'));
  expect(slow.body.errors[0].message).toMatch(/ranges beyond ASCII that all rules have together/);
});

test('a bastion needs no service that means anything, and a thousand rules are taken', async () => {
  const path = await tunnel();
  const bastion = { ingress: [{ service: 'anything', originRequest: { bastionMode: true } }] };
  expect((await api.put(`${path}/configurations`, { config: bastion })).status).toBe(200);
  const many = Array.from({ length: 1_000 }, (_, i) => ({
    hostname: `h${i}.example.com`,
    service: 'http://localhost',
  }));
  const config = { ingress: [...many, CATCH_ALL] };
  expect((await api.put(`${path}/configurations`, { config })).body.result.config).toEqual(config);
});

test('a deleted tunnel keeps its configuration and takes no new one', async () => {
  const path = await tunnel();
  const config = { ingress: [CATCH_ALL] };
  await api.put(`${path}/configurations`, { config });
  await api.delete(path);
  expect((await api.get(`${path}/configurations`)).body.result).toMatchObject({ version: 1, config });
  for (const answer of [
    await api.put(`${path}/configurations`, { config }),
    await api.put(`@/cfd_tunnel/${UNKNOWN}/configurations`, { config }),
    await api.get(`@/cfd_tunnel/${UNKNOWN}/configurations`),
  ])
    expect([answer.status, answer.body.errors[0].code]).toEqual([404, 1003]);
});

test('of many PUTs at once each makes a version of its own', async () => {
  const path = await tunnel();
  const config = { ingress: [CATCH_ALL] };
  const puts = await Promise.all(
    Array.from({ length: 20 }, () => api.put(`${path}/configurations`, { config })),
  );
  const versions = puts.map(({ body }) => body.result.version).sort((a, b) => a - b);
  expect(versions).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});
