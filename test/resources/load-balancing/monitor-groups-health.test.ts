import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { closedPort, httpOrigin } from '../../support/fake-origins.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';

let offramp: SharedOfframp;
let api: Api;
const LB = '@/load_balancers';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('the health of a pool follows what its group says that its monitors count for', async () => {
  const { port } = await httpOrigin((_request, response) => response.writeHead(200).end());
  const up = await api.create(`${LB}/monitors`, { expected_codes: '200', port });
  const down = await api.create(`${LB}/monitors`, { type: 'tcp', port: await closedPort() });
  const member = (monitor: { id: string }, fields: object = {}) => ({
    monitor_id: monitor.id,
    enabled: true,
    monitoring_only: false,
    must_be_healthy: false,
    ...fields,
  });
  const group = await api.create(`${LB}/monitor_groups`, {
    description: 'both',
    members: [member(up), member(down, { monitoring_only: true })],
  });
  const pool = await api.create(`${LB}/pools`, {
    name: 'grouped',
    monitor_group: group.id,
    origins: [{ name: 'here', address: 'localhost' }],
  });
  const becomes = (healthy: boolean, failure_reason: string) =>
    eventually(async () => {
      const { pop_health } = (await api.get(`${LB}/pools/${pool.id}/health`)).body.result;
      const [place] = Object.values(pop_health) as { healthy: boolean; origins: object[] }[];
      const [origin] = (place?.origins ?? []) as { localhost: { failure_reason: string } }[];
      return place?.healthy === healthy && origin?.localhost.failure_reason === failure_reason;
    });
  const regroup = async (...members: object[]) => {
    const answer = await api.patch(`${LB}/monitor_groups/${group.id}`, { members });
    expect(answer.status).toBe(200);
  };
  await becomes(true, 'No failures');
  await regroup(member(up), member(down, { must_be_healthy: true }));
  await becomes(false, 'TCP connection failed');
  await regroup(member(up), member(down));
  await becomes(true, 'No failures');
  await regroup(member(up, { enabled: false }), member(down));
  await becomes(false, 'TCP connection failed');
  // A monitor of the group that is written anew is probed anew.
  await api.patch(`${LB}/monitors/${down.id}`, { port });
  await becomes(true, 'No failures');
});
