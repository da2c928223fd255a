import http from 'node:http';
import { expect, test } from 'vitest';
import { httpOrigin } from './fake-origin.js';
import { HOST, startRig } from './rig.js';

const CLIENTS = 50;

/** One GET on a kept connection; resolves with the status, or with what went wrong. */
function get(agent: http.Agent, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const request = http.get({ agent, port, host: '127.0.0.1', headers: { host: HOST } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
      response.on('error', (error) => resolve(error.message));
    });
    request.on('error', (error) => resolve(error.message));
  });
}

test('no GET fails when an origin is killed under 50 clients while another one lives', async () => {
  const served = { doomed: 0, other: 0 };
  const answer = (name: keyof typeof served) =>
    httpOrigin((_, response) => {
      served[name] += 1;
      // Some answers take a moment, so that requests are in flight when the origin dies.
      if (served[name] % 3 === 0) setTimeout(() => response.end(name), 2);
      else response.end(name);
    });
  const [doomed, other] = [await answer('doomed'), await answer('other')];
  const rig = await startRig({ origins: [doomed.port, other.port] });
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const statuses = new Map<number | string, number>();
  let killed = false;
  let afterKill = 0;

  async function client(): Promise<void> {
    while (afterKill < 1_000) {
      const status = await get(agent, rig.port);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (killed) afterKill += 1;
      else if (served.doomed > 300) {
        killed = true;
        await doomed.kill();
      }
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  expect([...statuses.keys()]).toEqual([200]);
  expect(served.doomed).toBeGreaterThan(300);
  expect(served.other).toBeGreaterThan(1_000);
});
