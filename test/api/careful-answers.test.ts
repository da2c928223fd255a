import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';

let lab: SharedLab;
beforeAll(async () => {
  lab = await openSharedLab();
});
afterAll(() => lab.close());

const origin = () => new URL(lab.offramp.apiUrl).origin;

async function send(method: string, path: string, body?: unknown) {
  const base =
    path.startsWith('@') || path.startsWith('/accounts') || path.startsWith('/user')
      ? lab.offramp.apiUrl
      : origin();
  return await fetch(base + path.replace('@', `/accounts/${lab.offramp.accountId}`), {
    method,
    redirect: 'manual',
    headers: { authorization: 'Bearer test-token', ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

const PERMISSIONS = () => [
  {
    effect: 'allow',
    permission_groups: [{ id: 'c07321b023e944ff818fec44d8203567' }],
    resources: { [`com.cloudflare.api.account.${lab.offramp.accountId}`]: '*' },
  },
];
const newToken = () => send('POST', '/user/tokens', { name: 'made', policies: PERMISSIONS() });
const resultOf = async (answer: Promise<Response>) =>
  ((await (await answer).json()) as { result: { id: string } }).result;

/** Each with what of its answer is secret. */
const SECRETS: Record<string, readonly [() => Promise<Response>, RegExp]> = {
  'the value of a new API token': [newToken, /"value":"/],
  'the value that is rolled': [
    async () => send('PUT', `/user/tokens/${(await resultOf(newToken())).id}/value`, {}),
    /"result":"[\w-]{40,}"/,
  ],
  'a new tunnel': [() => send('POST', '@/cfd_tunnel', { name: 'one' }), /"TunnelSecret":"/],
  'the token of a tunnel': [() => send('GET', `@/cfd_tunnel/${lab.tunnelId}/token`), /"result":"ey/],
  'the token for the management of a tunnel': [
    () => send('POST', `@/cfd_tunnel/${lab.tunnelId}/management`, { resources: ['logs'] }),
    /"result":"ey/,
  ],
  'the token of a WARP connector': [
    async () =>
      send(
        'GET',
        `@/warp_connector/${(await resultOf(send('POST', '@/warp_connector', { name: 'w2' }))).id}/token`,
      ),
    /"result":"ey/,
  ],
  'the key of an IPsec tunnel': [
    async () => {
      const fields = {
        name: 'ipsec_1',
        cloudflare_endpoint: '203.0.113.1',
        interface_address: '10.213.0.9/31',
      };
      const created = (await (await send('POST', '@/magic/ipsec_tunnels', fields)).json()) as {
        result: { id: string };
      };
      return send('POST', `@/magic/ipsec_tunnels/${created.result.id}/psk_generate`);
    },
    /"psk":"/,
  ],
  'a quick tunnel': [() => send('POST', '/tunnel', {}), /"secret":"/],
};

test.each(Object.entries(SECRETS))('%s is kept by nobody on the way', async (_what, [ask, secret]) => {
  const answer = await ask();
  expect(await answer.text()).toMatch(secret);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test.each([
  ['GET', '@/load_balancers/pools', 200],
  ['HEAD', '@/load_balancers/pools', 200],
  ['POST', '@/cfd_tunnel', 400],
  ['GET', '/accounts/nobody/load_balancers/pools', 404],
  ['GET', '/nowhere', 404],
  ['PUT', '/accounts', 405],
  ['OPTIONS', '/accounts', 405],
  ['GET', '/user/%zz', 404],
  ['GET', `/user/${'a'.repeat(600)}`, 404],
  ['GET', '/', 302],
  ['GET', '/docs/', 200],
  ['GET', '/docs/json', 200],
  ['GET', '/docs/static/swagger-ui.css', 200],
  ['GET', '/_offramp/openapi.json', 200],
  ['GET', '/_offramp/health', 200],
  ['GET', '/_offramp/ready', 200],
  ['GET', '/healthz', 200],
  ['GET', '/_offramp/ca.pem', 200],
  ['GET', '/_offramp/explain', 400],
])('%s %s, which answers %i, is neither sniffed nor framed', async (method, path, status) => {
  const answer = await send(method, path);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('x-frame-options')).toBe('DENY');
  if (!path.includes('/static/')) expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('a foreign page is refused with the same headers', async () => {
  const answer = await fetch(`${origin()}/docs`, { headers: { origin: 'https://rebound.example.com' } });
  expect([
    answer.status,
    answer.headers.get('x-content-type-options'),
    answer.headers.get('x-frame-options'),
  ]).toEqual([403, 'nosniff', 'DENY']);
});

test.each([
  ['nonsense', 'nonsense\r\n\r\n', 400],
  ['HTTP/1.1 without a Host', 'GET /client/v4/accounts HTTP/1.1\r\n\r\n', 400],
  ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\n\r\n', 417],
  ['a head that is too long', `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
])('%s is answered with the same headers, and does not keep its connection', async (_what, bytes, status) => {
  const { hostname, port } = new URL(origin());
  const socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.write(bytes);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  // We never end our side.
  await once(socket, 'end');
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*nosniff[\\s\\S]*DENY`));
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const again = setInterval(() => socket.write('x'), 50);
  await closed;
  clearInterval(again);
});
