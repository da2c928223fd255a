import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let monitors: string[];
const PATH = '@/load_balancers/monitor_groups';
const MONITORS = '@/load_balancers/monitors';
const ABSENT_ID = '0'.repeat(32);

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  monitors = [];
  for (const description of ['first', 'second', 'third'])
    monitors.push((await api.create(MONITORS, { expected_codes: '200', description })).id);
});
afterAll(() => offramp.stop());

const member = (at: number, fields: object = {}) => ({
  monitor_id: monitors[at],
  enabled: true,
  monitoring_only: false,
  must_be_healthy: false,
  ...fields,
});
const group = (...members: object[]) => ({ description: 'checks', members });
const STAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);

test('a group is read back as it was written, members in their order', async () => {
  const body = group(member(2, { must_be_healthy: true }), member(0, { enabled: false }));
  const created = await api.post(PATH, body);
  expect([created.status, created.body.messages]).toEqual([200, []]);
  expect(created.body.result).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    description: 'checks',
    members: body.members.map((one) => ({ ...one, created_at: STAMP, updated_at: STAMP })),
    created_on: STAMP,
    modified_on: STAMP,
  });
  expect((await api.get(`${PATH}/${created.body.result.id}`)).body).toEqual(created.body);
  expect((await api.get(PATH)).body.result).toContainEqual(created.body.result);
});

test('a member keeps the times of its own while it stays as it is, wherever it stands', async () => {
  const before = await api.create(PATH, group(member(0), member(1)));
  const one = `${PATH}/${before.id}`;
  const after = (await api.put(one, group(member(2), member(1, { monitoring_only: true }), member(0)))).body
    .result;
  expect(after.members[2]).toEqual(before.members[0]);
  expect(after.members[1].created_at).toBe(before.members[1].created_at);
  expect(after.members[1].updated_at).toBe(after.modified_on);
  expect(after.members[0]).toMatchObject({ created_at: after.modified_on, updated_at: after.modified_on });
  expect(after.created_on).toBe(before.created_on);
  const renamed = (await api.patch(one, { description: 'renamed' })).body.result;
  expect(renamed).toEqual({ ...after, description: 'renamed', modified_on: STAMP });
  for (const body of [{}, { description: null, members: null }, { description: 'renamed' }])
    expect((await api.patch(one, body)).body.result).toEqual(renamed);
  expect((await api.get(one)).body.result).toEqual(renamed);
});

test('DELETE answers the whole group', async () => {
  const created = await api.create(PATH, group(member(0)));
  expect((await api.delete(`${PATH}/${created.id}`)).body.result).toEqual(created);
  expect((await api.get(`${PATH}/${created.id}`)).status).toBe(404);
});

test('a group in use shows who uses it and whom it uses, and neither it nor its monitors can be deleted', async () => {
  const mine = await api.create(MONITORS, { expected_codes: '200', description: 'mine' });
  const created = await api.create(PATH, group({ ...member(0), monitor_id: mine.id }));
  const one = `${PATH}/${created.id}`;
  const pool = await api.create('@/load_balancers/pools', {
    name: 'grouped',
    monitor_group: created.id,
    origins: [{ name: 'a', address: '1.1.1.1' }],
  });
  expect(pool).toMatchObject({ monitor_group: created.id });
  expect(pool).not.toHaveProperty('monitor');
  const reference = (reference_type: string, resource_type: string, id: string, resource_name: string) => ({
    reference_type,
    resource_type,
    resource_id: id,
    resource_name,
  });
  expect((await api.get(`${one}/references`)).body.result).toEqual([
    reference('referrer', 'pool', pool.id, 'grouped'),
    reference('referral', 'monitor', mine.id, 'mine'),
  ]);
  expect((await api.get(`${MONITORS}/${mine.id}/references`)).body.result).toEqual([
    reference('referrer', 'monitor_group', created.id, 'checks'),
  ]);
  const poolPath = `@/load_balancers/pools/${pool.id}`;
  expect((await api.get(`${poolPath}/references`)).body.result).toEqual([
    reference('referral', 'monitor_group', created.id, 'checks'),
  ]);
  for (const path of [one, `${MONITORS}/${mine.id}`]) {
    const refused = await api.delete(path);
    expect([refused.status, refused.body.errors[0].code]).toEqual([412, 1005]);
  }
  const both = await api.patch(poolPath, { monitor: mine.id });
  expect(both.body.errors[0].message).toMatch(/^monitor and monitor_group must not be set both/);
  const swapped = await api.patch(poolPath, { monitor: mine.id, monitor_group: '' });
  expect(swapped.body.result).not.toHaveProperty('monitor_group');
  expect((await api.delete(one)).status).toBe(200);
  expect((await api.patch(poolPath, { monitor: null })).status).toBe(200);
  expect((await api.delete(`${MONITORS}/${mine.id}`)).status).toBe(200);
});

test.each<[() => unknown, string | RegExp]>([
  [() => ({ members: [member(0)] }), 'description is required'],
  [() => ({ description: 'x' }), 'members is required'],
  [() => ({ description: 7, members: [member(0)] }), 'description must be a string'],
  [() => ({ description: 'a\0', members: [member(0)] }), 'description must not contain NUL characters'],
  [() => ({ description: '\udfff', members: [member(0)] }), 'description must be valid Unicode text'],
  [() => ({ description: 'x'.repeat(1025), members: [member(0)] }), /^description must be at most 1024/],
  [() => group(), 'members must have at least one monitor'],
  [() => ({ description: 'x', members: {} }), 'members must be a list'],
  [() => group(...Array.from({ length: 1000 }, () => member(0))), 'members must have at most 20 monitors'],
  [() => group({ monitor_id: monitors[0] }), 'members[0].enabled is required'],
  [() => group(member(0, { monitoring_only: 'no' })), 'members[0].monitoring_only must be true or false'],
  [() => group(member(0, { must_be_healthy: null })), 'members[0].must_be_healthy must be true or false'],
  [() => group(member(0, { monitor_id: 'x' })), 'members[0].monitor_id must be 32 hexadecimal digits'],
  [
    () => group(member(0), member(0)),
    /^members\[1\]\.monitor_id ".*" must be unique in the group: members\[0\]/,
  ],
  [() => [], /object/],
])('a group that breaks a rule is refused, and nothing is stored (%#)', async (body, reason) => {
  const before = (await api.get(PATH)).body.result;
  const answer = await api.post(PATH, body());
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1002]);
  const text = answer.body.errors[0].message.replace(/: validation failed$/, '');
  if (typeof reason === 'string') expect(text).toBe(reason);
  else expect(text).toMatch(reason);
  expect((await api.get(PATH)).body.result).toEqual(before);
});

test('a monitor that the account does not have is a failed precondition', async () => {
  const created = await api.create(PATH, group(member(0)));
  const body = group(member(1), member(0, { monitor_id: ABSENT_ID }));
  for (const answer of [await api.post(PATH, body), await api.put(`${PATH}/${created.id}`, body)]) {
    expect(answer.status).toBe(412);
    expect(answer.body.errors[0].message).toBe(
      `members[1].monitor_id "${ABSENT_ID}" is not a monitor of this account: validation failed`,
    );
  }
  expect((await api.get(`${PATH}/${created.id}`)).body.result).toEqual(created);
});

test('an id that is not there is 404 everywhere, and one that cannot be an id does not route', async () => {
  const answers = await Promise.all([
    api.get(`${PATH}/${ABSENT_ID}`),
    api.put(`${PATH}/${ABSENT_ID}`, group(member(0))),
    api.patch(`${PATH}/${ABSENT_ID}`, {}),
    api.delete(`${PATH}/${ABSENT_ID}`),
    api.get(`${PATH}/${ABSENT_ID}/references`),
  ]);
  for (const { status, body } of answers)
    expect([status, body.errors[0]]).toEqual([404, { code: 1001, message: 'monitor group not found' }]);
  for (const id of ['nothing', '%00', `${ABSENT_ID}0`])
    expect((await api.get(`${PATH}/${encodeURIComponent(id)}`)).body.errors[0].code).toBe(7003);
});
