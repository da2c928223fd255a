import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  await lab.connect();
});
afterAll(() => lab.close());

test('an origin killed under 50 concurrent clients costs no idempotent request', {
  timeout: 120_000,
}, async () => {
  const origins = [await lab.startOrigin('stays'), await lab.startOrigin('dies')];
  const monitor = await lab.api.create('@/load_balancers/monitors', {
    type: 'http',
    expected_codes: '200',
    port: origins[0]!.port,
    interval: 1,
    timeout: 1,
    retries: 0,
  });
  const pool = await lab.createPool('failover', origins);
  await lab.createLoadBalancer('failover.example.com', [pool]);
  const watched = await lab.createPool('watched', [origins[0]!], { monitor: monitor.id });
  await eventually(async () => (await lab.poolHealth(watched.id))[origins[0]!.address]?.healthy === true);

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
  const heard = (name: string) => eventually(() => answers.includes(name));
  await heard('dies');
  await origins[1]!.kill();
  const answered = answers.length;
  await eventually(() => answers.length > answered + 2_000);
  running = false;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(new Set(answers.slice(-50))).toEqual(new Set(['stays']));
});
