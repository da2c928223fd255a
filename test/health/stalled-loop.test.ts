import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { realTime } from '../../src/net/clock.js';
import { liveMonitor, livePool } from '../support/live-objects.js';
import { startProber } from '../support/prober-bench.js';

/**
 * An origin on a thread of its own. When it has been asked it says so, answers, and wakes the stalled prober only when
 * the deadline has passed.
 */
const ORIGIN = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { wake, deadlineMs } = workerData;
  const server = require('node:net').createServer((socket) => {
    socket.once('data', () => {
      parentPort.postMessage('asked');
      setTimeout(() => {
        socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nalive');
        setTimeout(() => {
          Atomics.store(wake, 0, 1);
          Atomics.notify(wake, 0);
        }, deadlineMs);
      }, 50);
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

test('an answer that arrived in time is not late because the event loop stalled', async () => {
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const origin = new Worker(ORIGIN, { eval: true, workerData: { wake, deadlineMs: 500 } });
  onTestFinished(async () => void (await origin.terminate()));
  const port = await new Promise<number>((resolve) => origin.once('message', resolve));
  origin.once('message', () => Atomics.wait(wake, 0, 0));
  const bench = startProber({ clock: realTime, real: realTime });
  const monitor = liveMonitor({ port, timeout: 0.5, retries: 0, expectedBody: 'alive' });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  expect(await bench.verdict(livePool().id)).toMatchObject({ state: 'healthy', responseCode: 200 });
});

test.each(['http', 'tcp'] as const)(
  'a %s check that a stall has interrupted anywhere goes on after it',
  async (type) => {
    const origin = new Worker(ORIGIN, {
      eval: true,
      workerData: { wake: new Int32Array(new SharedArrayBuffer(4)), deadlineMs: 0 },
    });
    onTestFinished(async () => void (await origin.terminate()));
    const port = await new Promise<number>((resolve) => origin.once('message', resolve));
    const bench = startProber({ clock: realTime, real: realTime });
    const monitor = liveMonitor({ type, port, timeout: 0.5, retries: 0 });
    bench.apply({ monitor: [monitor], pool: [livePool()] });
    // The dial has begun, and three times as long as a check may take nothing goes on.
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    expect(await bench.verdict(livePool().id)).toMatchObject({ state: 'healthy' });
  },
);
