// Traffic while the embedded database is busy: p99 of requests through the program at rest, and while it reads every row for one snapshot after the other.
import { balance, portOf, served } from '../support/balance.mjs';
import { runLoad } from '../support/load.mjs';
import { percentile, spread } from '../support/numbers.mjs';
import { startOrigin } from '../support/origin.mjs';

const REQUESTS = 4_000;
const CONNECTIONS = 4;
/** 1,000 requests a second: a load that takes every core would measure the scheduler, not us. */
const EVERY_MS = 4;
const HOST = 'bench.example.com';
const PATH = '/1024';

/** Answers what it found, in words. */
export async function measureBusyDatabase(offramp, rounds) {
  const port = portOf(offramp.ready.http);
  await balance(offramp, HOST, [{ address: '127.0.0.1', port: await startOrigin([1024]) }]);
  await served(port, HOST, PATH);
  const load = async () => {
    const connections = Array.from({ length: CONNECTIONS }, () => [
      `GET ${PATH} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
    ]);
    const { latenciesMs } = await runLoad({ port, requests: REQUESTS, connections, everyMs: EVERY_MS });
    return percentile(latenciesMs, 0.99);
  };
  const [idle, busy] = [[], []];
  let snapshots = 0;
  await load();
  for (let round = 0; round < rounds; round++) {
    const steps = [async () => idle.push(await load()), async () => busy.push(await during(load))];
    for (const step of round % 2 === 0 ? steps : steps.reverse()) await step();
  }
  const ratios = busy.map((ms, i) => ms / idle[i]);
  return `Proxy p99 over ${REQUESTS} requests at 1,000 a second: at rest ${spread(idle, 2)} ms, during ${snapshots} snapshots ${spread(busy, 2)} ms, ratio ${spread(ratios, 2)} (goal: <= 2)`;

  async function during(work) {
    let running = true;
    const reading = (async () => {
      while (running) {
        await readSnapshot(offramp);
        snapshots += 1;
      }
    })();
    const result = await work();
    running = false;
    await reading;
    return result;
  }
}

async function readSnapshot({ port }) {
  const headers = { authorization: 'Bearer bench-token' };
  const response = await fetch(`http://127.0.0.1:${port}/_offramp/snapshot`, { headers });
  if (response.status !== 200) throw new Error(`a snapshot is answered with ${response.status}`);
  await response.arrayBuffer();
}
