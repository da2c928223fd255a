import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { trafficClient } from '../support/traffic.js';

let lab: SharedLab;
beforeAll(async () => {
  lab = await openSharedLab();
  await lab.connect();
});
afterAll(() => lab.close());

const apiAddress = () => new URL(lab.offramp.apiUrl).host;

/** Sends bytes and answers all that comes back until the other side ends, or null when it resets. */
function exchange(address: string, bytes: string | Buffer, secure = false): Promise<string> {
  const [host, port] = address.split(':') as [string, string];
  return new Promise((resolve) => {
    let heard = '';
    const options = { host, port: Number(port), rejectUnauthorized: false };
    const socket = secure ? tls.connect(options) : net.connect(options);
    socket.setTimeout(60_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
    socket.write(bytes);
    socket.on('end', () => socket.end());
  });
}

/** After anything bad, the good still works. */
async function stillWorks(): Promise<void> {
  expect((await lab.api.get('@/teamnet/virtual_networks')).status).toBe(200);
  expect((await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}`)).body.result.status).toBe('healthy');
  const client = trafficClient(lab.offramp.http);
  expect((await client.get('unknown.example.com')).status).toBe(530);
  client.close();
}

const GARBAGE = {
  'random bytes': Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) & 255)),
  'a TLS hello': Buffer.from('16030100c8010000c40303', 'hex'),
  'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'an endless line': `GET /${'a'.repeat(70_000)} HTTP/1.1\r\n\r\n`,
  'a head without end and many fields': `GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(20_000)}`,
  'length and chunks at once':
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
};

// Side by side: some of it is only given up when the time for a registration is over.
test.concurrent.each(Object.entries(GARBAGE))('%s on every port disturbs nobody', async (_name, bytes) => {
  const answers = await Promise.all([
    exchange(apiAddress(), bytes),
    exchange(lab.offramp.http, bytes),
    exchange(lab.offramp.edge, bytes),
  ]);
  for (const answer of answers.slice(0, 2)) expect(answer).toMatch(/^(|HTTP\/1\.1 [45]\d\d .*)/);
  expect(answers[0]).not.toMatch(/^HTTP\/1\.1 5/);
  await stillWorks();
});

test.concurrent('garbage inside TLS on the edge disturbs nobody', async () => {
  await exchange(lab.offramp.edge, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', true);
  await exchange(lab.offramp.edge, GARBAGE['random bytes'], true);
  await stillWorks();
});

test('a body above 1 MiB is refused with 413, and one below it is read', async () => {
  const large = await lab.api.post('@/teamnet/virtual_networks', {
    name: 'x',
    comment: 'y'.repeat(1024 * 1024),
  });
  expect([large.status, large.body.errors[0].code]).toEqual([413, 10413]);
  const padded = await lab.api.post('@/teamnet/virtual_networks', {
    name: 'padded',
    ignored: 'y'.repeat(1024 * 1000),
  });
  expect(padded.status).toBe(200);
});

test.each([
  ['POST', '{"name":'],
  ['POST', ''],
  ['POST', '"text"'],
  ['POST', '[]'],
  ['POST', 'null'],
  ['POST', '{"name":"a\\u0000b"}'],
  ['POST', '{"__proto__":{"name":"polluted"}}'],
  ['POST', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
])('%s with the body %j is a 400 with a reason', async (method, body) => {
  for (const path of ['@/teamnet/virtual_networks', '@/load_balancers/pools', '%/load_balancers', '/zones']) {
    const answer = await lab.api.call(method, path, body, { 'content-type': 'application/json' });
    expect([path, answer.status]).toEqual([path, 400]);
    expect(answer.body).toMatchObject({ success: false, result: null, messages: [] });
    expect(answer.body.errors[0].code).toBeGreaterThanOrEqual(1000);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cf-ray')).toMatch(/^[0-9a-f]{16}-[A-Z]+$/);
  }
});

test('bytes that are not UTF-8 are refused, not stored mangled', async () => {
  const response = await fetch(
    `${lab.offramp.apiUrl}/accounts/${lab.offramp.accountId}/teamnet/virtual_networks`,
    {
      method: 'POST',
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    },
  );
  expect(response.status).toBe(400);
});

test.each([
  ['/nowhere', 'GET', 404, 7003],
  ['/accounts/%00', 'GET', 404, 7003],
  ['/accounts/ffffffffffffffffffffffffffffffff', 'GET', 404, 7003],
  ['/accounts/ffffffffffffffffffffffffffffffff/teamnet/virtual_networks', 'GET', 404, 7003],
  ['/zones/ffffffffffffffffffffffffffffffff/load_balancers', 'GET', 404, 7003],
  ['/user', 'DELETE', 405, 7001],
  ['/user/tokens/verify', 'DELETE', 405, 7001],
  ['/user', 'QUERY', 405, 7001],
  ['/nowhere', 'QUERY', 404, 7003],
  ['@/load_balancers/monitors', 'PUT', 405, 7001],
])('%s by %s answers %i with %i', async (path, method, status, code) => {
  const answer = await lab.api.call(method, path);
  expect([answer.status, answer.body.errors[0].code]).toEqual([status, code]);
});

test.each([
  [{ authorization: '' }, 400, 6003],
  [{ authorization: 'Basic abc' }, 400, 6003],
  [{ authorization: 'Bearer a b' }, 400, 6003],
])('a credential like %j is refused', async (headers, status, code) => {
  const answer = await lab.api.call('GET', '/user', undefined, headers);
  expect([answer.status, answer.body.errors[0].code]).toEqual([status, code]);
});

test('without a credential the answer says which headers are missing', async () => {
  const response = await fetch(`${lab.offramp.apiUrl}/user`);
  expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ code: 9106 }] }]);
});

test('the same paths are served with and without /client/v4', async () => {
  const origin = new URL(lab.offramp.apiUrl).origin;
  const headers = { authorization: 'Bearer x' };
  const [with4, without] = await Promise.all(
    ['/client/v4/accounts', '/accounts'].map(async (path) =>
      (await fetch(origin + path, { headers })).json(),
    ),
  );
  expect(with4).toEqual(without);
});

test('DELETE may have a JSON content type and no body', async () => {
  const { id } = await lab.api.create('@/teamnet/virtual_networks', { name: 'deleted with a type' });
  const answer = await lab.api.call('DELETE', `@/teamnet/virtual_networks/${id}`, '', {
    'content-type': 'application/json',
  });
  expect(answer.status).toBe(200);
});

test.each([
  '/accounts?name=%00',
  '/zones?name=contains:%00',
  '/zones?account.id=%00',
  '/zones?account.name=%00',
  '@/teamnet/virtual_networks?name=%00',
  '@/teamnet/routes?comment=%00',
  '@/cfd_tunnel?name=%00',
  '/zones?page=1&page=2',
  '/zones?name=a&name=b',
  '@/teamnet/virtual_networks?name=a&name=b',
])('the query of %s is a 400 with a reason, and the next answers are right', async (path) => {
  const refused = await lab.api.get(path);
  expect([refused.status, refused.body.errors[0].message]).toEqual([
    400,
    expect.stringMatching(/must (not contain NUL|be a string|be one whole number)/),
  ]);
  await stillWorks();
});

test('a method that a path does not have is answered with those it has', async () => {
  const answer = await lab.api.call('OPTIONS', '/zones');
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  expect((await lab.api.call('OPTIONS', '/nowhere')).headers.get('allow')).toBeNull();
});

test('HEAD answers like GET, without the body', async () => {
  const [head, get] = [await lab.api.call('HEAD', '/accounts'), await lab.api.get('/accounts')];
  expect([head.status, head.body]).toEqual([200, undefined]);
  expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
});

test('a head that is too long is told so', async () => {
  const host = 'Host: localhost\r\nAuthorization: Bearer x\r\n';
  for (const bytes of [
    `GET /zones?name=${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`,
    `GET /zones HTTP/1.1\r\n${host}X-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
  ]) {
    expect(await exchange(apiAddress(), bytes)).toMatch(/^HTTP\/1\.1 431 /);
  }
});

test('who sends everything before reading hears what is wrong with what is no request', async () => {
  const { hostname, port } = new URL(lab.offramp.apiUrl);
  const host = 'Host: localhost\r\nAuthorization: Bearer x\r\n';
  const piece = 'a'.repeat(256 * 1024);
  for (const [head, status] of [
    [`GET /zones HTTP/1.1\r\n${host}X-Long: `, 431],
    [`POST /zones HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n`, 400],
  ] as const) {
    const socket = net.connect(Number(port), hostname).pause();
    let [heard, failed] = ['', false];
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('error', () => {
      failed = true;
    });
    const closed = once(socket, 'close');
    socket.write(head);
    for (let i = 0; i < 8; i += 1) await new Promise((resolve) => socket.write(piece, resolve));
    socket.resume();
    await closed;
    expect([failed, heard.split(' ')[1]]).toEqual([false, `${status}`]);
  }
});

/** Sends a request with the Content-Type as it is, or without one; fetch would add its own. */
async function sendAs(method: string, path: string, type: string | null, body: string | null) {
  const { port, pathname } = new URL(lab.offramp.apiUrl);
  const target = path
    .replace(/^@/, `/accounts/${lab.offramp.accountId}`)
    .replace(/^%/, `/zones/${lab.offramp.zoneId}`);
  const head = [
    `${method} ${pathname}${target} HTTP/1.1`,
    'Host: localhost',
    'Authorization: Bearer x',
    'Connection: close',
    ...(type === null ? [] : [`Content-Type: ${type}`]),
    ...(body === null ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  const heard = await exchange(`127.0.0.1:${port}`, `${head.join('\r\n')}\r\n\r\n${body ?? ''}`);
  const [answered = '', text = ''] = heard.split('\r\n\r\n');
  return { status: Number(answered.split(' ')[1]), body: JSON.parse(text) };
}

// Error logs of 2016 (jamesryanbell/cloudflare #15) and 2019.
const INVALID_TYPE = {
  code: 6003,
  message: 'Invalid request headers',
  error_chain: [
    {
      code: 6105,
      message: 'Invalid Content-Type header, valid values are application/json,multipart/form-data',
    },
  ],
};
const MONITORS = '@/load_balancers/monitors';
const ABSENT = `${MONITORS}/${'a'.repeat(32)}`;
const MONITOR = '{"type":"http","expected_codes":"200"}';

test.each([
  [null],
  [''],
  ['text/plain'],
  ['application/x-www-form-urlencoded'],
  ['application/jsonp'],
  ['application/merge-patch+json'],
  ['garbage'],
  ['application/json, text/plain'],
  ['multipart/mixed; boundary=x'],
])('a JSON body sent as %j has a wrong type', async (type) => {
  for (const [method, path] of [
    ['POST', MONITORS],
    ['PUT', ABSENT],
    ['PATCH', ABSENT],
    ['DELETE', ABSENT],
  ] as const) {
    const { status, body } = await sendAs(method, path, type, MONITOR);
    expect([method, status, body.errors]).toEqual([method, 400, [INVALID_TYPE]]);
  }
  await stillWorks();
});

test.each([
  'application/json',
  'Application/JSON',
  'application/json; charset=utf-8',
  'application/json ;charset=ISO-8859-1',
  'application/json;',
])('a JSON body sent as %j is read', async (type) => {
  const { status, body } = await sendAs('POST', MONITORS, type, MONITOR);
  expect([status, body.errors]).toEqual([200, []]);
});

test('a form has a right type, and is no JSON', async () => {
  const form = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n';
  const { status, body } = await sendAs('POST', MONITORS, 'multipart/form-data; boundary=x', form);
  expect([status, body.errors]).toEqual([
    400,
    [{ code: 1002, message: 'the body is a form; it must be JSON: validation failed' }],
  ]);
});

const LARGE = ' '.repeat(1_100_000);
test.each([
  ['application/json', '{'],
  ['application/json', LARGE],
  ['text/plain', 'x'],
  ['garbage', 'x'],
  [null, 'x'],
])(
  'an unknown path and a wrong method are told before a word about a body of type %j',
  async (type, content) => {
    for (const [method, path, status, code] of [
      ['POST', '@/nowhere', 404, 7003],
      ['POST', '/nowhere', 404, 7003],
      ['QUERY', '/nowhere', 404, 7003],
      ['PUT', MONITORS, 405, 7001],
      ['POST', ABSENT, 405, 7001],
      ['POST', '@/load_balancers/search', 405, 7001],
      ['DELETE', '/user', 405, 7001],
      // No identifier, so no path.
      ['PUT', `${MONITORS}/xyz`, 404, 7003],
      ['PUT', '@/load_balancers/monitors', 405, 7001],
      ['PATCH', '@/cfd_tunnel/xyz', 404, 7003],
    ] as const) {
      const { status: answered, body } = await sendAs(method, path, type, content);
      expect([method, path, answered, body.errors[0].code]).toEqual([method, path, status, code]);
    }
  },
);

test('an unknown path and a wrong method are told before a word about credentials', async () => {
  for (const headers of [{}, { authorization: 'Basic abc' }]) {
    const ask = (method: string, path: string) => fetch(lab.offramp.apiUrl + path, { method, headers });
    const unknown = await ask('GET', '/nowhere');
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { errors: [{ code: 7003 }] }]);
    const wrong = await ask('PUT', '/user');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, PATCH']);
    expect((await ask('GET', '/user')).status).toBe(400);
  }
});

test('the next request on a connection follows a refused one whose body nobody read', async () => {
  const { host, pathname } = new URL(lab.offramp.apiUrl);
  const head = (method: string, path: string, ...lines: string[]) =>
    [
      `${method} ${pathname}${path} HTTP/1.1`,
      'Host: localhost',
      'Authorization: Bearer x',
      ...lines,
      '',
      '',
    ].join('\r\n');
  const refused = head('POST', '/nowhere', `Content-Length: ${LARGE.length}`) + LARGE;
  const heard = await exchange(host, refused + head('GET', '/user', 'Connection: close'));
  expect(heard.match(/HTTP\/1\.1 \d\d\d/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
});

test.each(['text/plain', 'garbage', '', 'application/json', 'multipart/form-data'])(
  'without a body the type %j says nothing',
  async (type) => {
    expect((await sendAs('GET', MONITORS, type, null)).status).toBe(200);
    for (const empty of [null, '']) {
      const missing = await sendAs('DELETE', ABSENT, type, empty);
      expect([missing.status, missing.body.errors[0].code]).toEqual([404, 1001]);
      const posted = await sendAs('POST', MONITORS, type, empty);
      expect([posted.status, posted.body.errors[0].code]).toEqual([400, 1002]);
    }
  },
);
