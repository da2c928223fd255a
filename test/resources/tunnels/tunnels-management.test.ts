import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let tunnel: string;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  tunnel = (await api.create('@/cfd_tunnel', { name: 'managed' })).id;
});
afterAll(() => offramp.stop());

function parts(token: string) {
  const [header, claims, signature] = token.split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return {
    header: read(header!),
    claims: read(claims!),
    signature: Buffer.from(signature!, 'base64url'),
  };
}

test('a management token is a JWT that says which tunnel, who and for how long', async () => {
  const answer = await api.post(`@/cfd_tunnel/${tunnel}/management`, { resources: ['logs'] });
  expect([answer.status, answer.body.messages]).toEqual([200, []]);
  const { header, claims, signature } = parts(answer.body.result);
  expect(header).toEqual({ alg: 'ES256', typ: 'JWT' });
  expect(claims).toEqual({
    tun: { id: tunnel, account_tag: offramp.accountId },
    actor: { id: (await api.get('/user')).body.result.id, support: false },
    res: ['logs'],
    iss: 'offramp',
    iat: expect.any(Number),
    exp: claims.iat + 3600,
  });
  expect(Math.abs(claims.iat - Date.now() / 1000)).toBeLessThan(60);
  expect(signature).toHaveLength(64);
});

test.each(['logs', 'admin', 'host_details'])(
  'cloudflared asks for %s in the path, without a body',
  async (resource) => {
    const answer = await api.call('POST', `@/cfd_tunnel/${tunnel}/management/${resource}`);
    expect([answer.status, parts(answer.body.result).claims.res]).toEqual([200, [resource]]);
  },
);

test.each([
  [undefined, /object/],
  [{}, /resources/],
  [{ resources: [] }, /resources must name at least one resource/],
  [{ resources: ['admin'] }, /resources\[0\]/],
  [{ resources: 'logs' }, /resources/],
  [{ resources: Array(1_000).fill('x') }, /resources\[0\]/],
])('a request for a token that names no resource is refused: %j', async (body, message) => {
  const answer = await api.call('POST', `@/cfd_tunnel/${tunnel}/management`, body);
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
  expect(answer.body.errors[0].message).toMatch(message);
});

test('there is no token for another resource, or for a tunnel that is gone', async () => {
  const other = await api.call('POST', `@/cfd_tunnel/${tunnel}/management/everything`);
  expect([other.status, other.body.errors[0].code]).toEqual([404, 7003]);
  const { id } = await api.create('@/cfd_tunnel', { name: 'gone' });
  await api.delete(`@/cfd_tunnel/${id}`);
  const gone = await api.call('POST', `@/cfd_tunnel/${id}/management/logs`);
  expect([gone.status, gone.body.errors[0].code]).toEqual([404, 1003]);
});
