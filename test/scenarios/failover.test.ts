import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

let lab: SharedLab;
beforeAll(async () => {
  lab = await openSharedLab();
  await lab.connect();
});
afterAll(() => lab.close());

test('an origin killed under 50 concurrent clients costs no idempotent request', async () => {
  const stays = await lab.startOrigin('stays');
  const dies = await lab.startOrigin('dies', stays.port);
  const monitor = await lab.createMonitor(stays);
  const pool = await lab.createPool('failover', [stays, dies], { monitor: monitor.id });
  await lab.createLoadBalancer('failover.example.com', [pool]);
  const healthy = async (address: string) => (await lab.poolHealth(pool.id))[address]?.healthy;
  await eventually(
    async () => (await healthy(stays.address)) === true && (await healthy(dies.address)) === true,
  );

  let running = true;
  const answers: string[] = [];
  const failures: string[] = [];
  const clients = Array.from({ length: 50 }, async () => {
    const client = trafficClient(lab.offramp.http);
    while (running) {
      const answer = await client
        .get('failover.example.com')
        .catch((error: Error) => ({ status: 0, body: error.message }));
      if (answer.status === 200) answers.push(answer.body);
      else failures.push(`${answer.status} ${answer.body}`);
    }
    client.close();
  });
  await eventually(() => answers.includes('dies'));
  await dies.kill();
  await eventually(async () => (await healthy(dies.address)) === false);
  const atDown = answers.length;
  await eventually(() => answers.length > atDown + 2_000);
  running = false;
  await Promise.all(clients);

  expect(failures).toEqual([]);
  expect(new Set(answers.slice(atDown + 100))).toEqual(new Set(['stays']));
});
