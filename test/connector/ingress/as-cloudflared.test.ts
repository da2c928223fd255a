import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp } from '../../edge/fixture.js';
import { fetchThrough, serving } from '../bare-edge.js';
import { outcomeOf, SERVICE_CASES, scriptedService, TARGETS } from '../service-cases.js';

let service: Awaited<ReturnType<typeof scriptedService>>;
let session: Awaited<ReturnType<typeof serving>>['session'];

beforeAll(async () => {
  service = await scriptedService();
  ({ session } = await serving({ ingress: [{ service: service.url }] }));
});
afterAll(cleanUp);

describe('a service that answers with', () => {
  test.each(SERVICE_CASES)('%s', async (_, what) => {
    service.play(what);
    const outcome = await outcomeOf(session, { ':method': what.method ?? 'GET' });
    expect(outcome).toBe(what.ours ?? what.outcome);
    await service.closed();
  });

  test('more than waits for the end, and less than its length, is cut off', async () => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n${'a'.repeat(10_000)}`;
    service.play({ answer });
    const { status, rstCode } = await fetchThrough(session);
    expect([status, rstCode]).toEqual([200, 2]);
    await service.closed();
  });
});

test.each(TARGETS)('of %j the service is asked for %j', async (target, sent) => {
  service.play({ answer: 'HTTP/1.1 204 No Content\r\n\r\n' });
  service.lines.splice(0);
  const outcome = await outcomeOf(session, { ':path': target });
  expect(outcome).toBe(sent === null ? '502' : '204 ""');
  await service.closed();
  expect(service.lines).toEqual(sent === null ? [] : [`GET ${sent} HTTP/1.1`]);
});
