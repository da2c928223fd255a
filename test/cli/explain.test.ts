import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, sessionCookie } from '../proxy/ask.js';
import { type Lab, openLab } from '../support/lab.js';
import type { OriginProcess } from '../support/origin-process.js';
import { runProgram } from '../support/program.js';

const HOST = 'explained.example.com';
let lab: Lab;
let origin: OriginProcess;
let port: number;
let clientId: string;

beforeAll(async () => {
  lab = await openLab(['--location-header', 'X-Where', '--always-use-https']);
  await lab.connect();
  origin = await lab.startOrigin('one');
  port = Number(lab.offramp.http.split(':').at(-1));
  const pool = await lab.createPool('blue', [origin]);
  const disabled = await lab.createPool('green', [origin], { enabled: false });
  await lab.api.create('%/load_balancers', {
    name: HOST,
    default_pools: [disabled.id, pool.id],
    fallback_pool: disabled.id,
    proxied: true,
    session_affinity: 'cookie',
    rules: [
      {
        name: 'teapot',
        condition: 'http.request.uri.path eq "/tea"',
        fixed_response: { status_code: 418, message_body: 'tea' },
      },
    ],
  });
  [{ id: clientId }] = (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body.result;
});
afterAll(() => lab.close());

/** A GET of what Offramp itself is asked. */
async function admin(question: string, token = 'test-token') {
  const response = await fetch(`${new URL(lab.offramp.apiUrl).origin}/_offramp/${question}`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
  return { status: response.status, body: (await response.json()) as any };
}

/** Runs `offramp explain`. */
const explain = (...args: string[]) =>
  runProgram(['explain', '--api-url', lab.offramp.apiUrl, '--api-token', 'test-token', ...args]);

test('GET /_offramp/explain says where a request would go, as far as the connector', async () => {
  const { status, body } = await admin(`explain?host=${HOST}&path=/cart&ip=192.0.2.7`);
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({
      outcome: 'origin',
      client_ip: '192.0.2.7',
      load_balancer: expect.objectContaining({ name: HOST, proxied: true }),
      decision: expect.objectContaining({ policy: 'off', rules: [], pin: 'none', pool_set: null }),
      affinity: 'cookie',
      error: null,
      fixed_response: null,
    }),
  ]);
  expect(body.candidates).toMatchObject([
    { name: 'green', state: 'disabled', share: 0 },
    { name: 'blue', state: 'available', share: 1, origins: [{ name: 'one', reason: null, share: 1 }] },
  ]);
  expect(body.chosen).toMatchObject({
    pool: { name: 'blue' },
    origin: { name: 'one', address: origin.address, port: origin.port },
    via_fallback: false,
    pinned: false,
    starts_session: true,
    way: {
      kind: 'tunnel',
      tunnel: { id: lab.tunnelId, name: 'lab-connector' },
      route: { network: '127.0.0.0/8' },
    },
  });
  expect(body.connectors).toEqual([{ client_id: clientId, connections: expect.any(Number) }]);
});

test('headers, method and the trusted place are those that are asked about', async () => {
  const first = await ask(port, { host: HOST });
  expect(first.headers['set-cookie']?.[0]).toContain('; Secure; SameSite=None');
  const cookie = sessionCookie(first)!;
  const headers = [`Cookie: ${cookie}`, 'X-Where: country=DE'].map((header) => encodeURIComponent(header));
  const question = `explain?host=${HOST}&method=POST${headers.map((header) => `&header=${header}`).join('')}`;
  expect((await admin(question)).body).toMatchObject({
    place: { country: 'DE' },
    decision: { pin: 'honoured' },
    chosen: { pinned: true, starts_session: false },
  });
  expect((await admin(`explain?host=${HOST}&path=/tea`)).body).toMatchObject({
    outcome: 'fixed_response',
    decision: { rules: ['teapot'] },
    fixed_response: { status: 418 },
  });
});

test.each([
  ['explain', 'host'],
  [`explain?host=${HOST}&ip=nobody`, 'ip must be an IP address, not "nobody"'],
  [`explain?host=${HOST}&header=x`, 'header'],
  [`explain?host=${HOST}&header=x:a%0d%0aHost:%20b`, 'header'],
  [`explain?host=a%0d%0ab`, 'host must be a host name'],
  [`explain?host=${HOST}&path=relative`, 'path must start with /'],
  [`explain?host=${HOST}&path=/%20HTTP/1.1%0d%0aX-Where:%20b`, 'path must start with /'],
  [`explain?host=${HOST}&other=1`, 'other'],
  ['requests?limit=-1', 'limit'],
  ['requests?since=yesterday', 'since'],
  ['requests?client_ip=nobody', 'client_ip must be an IP address'],
  ['requests?lb=1', 'lb'],
])('a question that cannot be answered is refused: %s', async (question, reason) => {
  const { status, body } = await admin(question);
  expect([status, body.errors[0].message]).toEqual([400, expect.stringContaining(reason)]);
});

test('both want a credential, and a token that was made does not do', async () => {
  for (const question of [`explain?host=${HOST}`, 'requests']) {
    expect((await admin(question, '')).status).toBe(400);
    const made = await lab.api.create('/user/tokens', {
      name: 'made',
      policies: [
        {
          effect: 'allow',
          resources: { [`com.cloudflare.api.account.${lab.offramp.accountId}`]: '*' },
          permission_groups: [await permissionGroup('Account Settings Read')],
        },
      ],
    });
    expect((await admin(question, made.value)).status).toBe(403);
  }
});

async function permissionGroup(name: string): Promise<{ id: string }> {
  const groups = (await lab.api.get('/user/tokens/permission_groups')).body.result;
  return { id: groups.find((group: { name: string }) => group.name === name).id };
}

test('GET /_offramp/requests tells what became of requests, newest first', async () => {
  const since = encodeURIComponent(new Date().toISOString());
  const served = await ask(port, { host: HOST, path: '/served?secret=1' });
  const fixed = await ask(port, { host: HOST, path: '/tea' });
  const { body } = await admin(`requests?load_balancer=${HOST}&since=${since}`);
  expect(body.requests).toMatchObject([
    { status: 418, path: '/tea', ray: fixed.headers['cf-ray'], pool: null, decision: { rules: ['teapot'] } },
    {
      status: 200,
      path: '/served',
      ray: served.headers['cf-ray'],
      client_ip: '127.0.0.1',
      pool: { name: 'blue' },
      origin: { name: 'one', address: origin.address },
      off_ramp: { kind: 'tunnel', tunnel_id: lab.tunnelId },
      failed_attempts: [],
      decision: { candidates: expect.any(Array), pin: 'none' },
    },
  ]);
  expect(Date.parse(body.requests[1].at)).not.toBeNaN();
  const one = await admin(`requests?ray=${served.headers['cf-ray']}`);
  expect(one.body.requests).toEqual([body.requests[1]]);
  expect((await admin('requests?limit=1')).body.requests).toHaveLength(1);
});

test('offramp explain tells it to a person', async () => {
  const { code, out } = await explain(`http://${HOST}/cart`, '--ip', '192.0.2.7');
  expect(code).toBe(0);
  expect(out).toContain(`Request        to ${HOST} from 192.0.2.7 (LOC, XX)`);
  expect(out).toMatch(/Pools +green +disabled\n/);
  expect(out).toMatch(/ blue +available +gets 100 %\n +one \(127\.0\.1\.\d+\) +not monitored +of it 100 %\n/);
  expect(out).toContain(
    'Session        cookie: the request carries none that is good; one begins with the response',
  );
  expect(out).toContain(
    `Outcome        one in blue at ${origin.address}:${origin.port}, through tunnel lab-connector (route 127.0.0.0/8, connector ${clientId})`,
  );
  expect((await explain(`${HOST}/tea`)).out).toContain('fixed response 418');
  expect((await explain('http://nobody.example.com')).out).toContain(
    'Outcome        error 530 (1001): No enabled load balancer and no published hostname has this name.',
  );
});

test('offramp explain --json gives the whole answer', async () => {
  const { code, out } = await explain(HOST, '--json', '--header', 'X-Where: country=FR', '--method', 'POST');
  expect([code, JSON.parse(out)]).toEqual([
    0,
    expect.objectContaining({ outcome: 'origin', place: expect.objectContaining({ country: 'FR' }) }),
  ]);
});

test.each([
  [[], 'explain takes one URL'],
  [['a', 'b'], 'explain takes one URL'],
  [['ftp://a'], '"ftp://a" is no URL of HTTP'],
  [[HOST, '--ip', 'nobody'], 'ip must be an IP address, not "nobody"'],
])('offramp explain %j says what is wrong', async (args, reason) => {
  const { code, out, err } = await explain(...args);
  expect([code, out, err]).toEqual([2, '', expect.stringContaining(reason)]);
});
