// A data plane in a process of its own, so that its CPU time is nobody else's. What the process gets as messages are deltas; it
// answers each with the milliseconds of CPU time of the longest turn of the data plane's event loop from then until the delta is
// applied and followed.
import { spawnDataPlane } from '../../dist/live/data-plane-thread.js';
import { startDataPlaneWorker } from '../../dist/live/data-plane-worker.js';

process.once('message', async ({ listen, start }) => {
  const waiting = new Map();
  const dataPlane = await startDataPlaneWorker({
    thread: spawnDataPlane(new URL('./data-plane-thread.mjs', import.meta.url), listen),
    start,
    onApplied: (revision) => waiting.get(revision)?.(),
    onConnection() {},
    onPoolEvent() {},
    onMonitorEvent() {},
    onFailure: (error) => {
      throw error;
    },
  });
  process.send({ http: dataPlane.http.port });
  process.on('message', async (delta) => {
    const applied = new Promise((resolve) => waiting.set(delta.revision, resolve));
    const began = performance.now();
    const stalls = new BroadcastChannel('stalls');
    const stall = new Promise((resolve) => {
      stalls.onmessage = ({ data }) => 'longestMs' in data && resolve(data.longestMs);
    });
    stalls.postMessage('start');
    await new Promise((resolve) => setTimeout(resolve, 50));
    dataPlane.configure(delta);
    await applied;
    const appliedMs = performance.now() - began - 50;
    // What the change has left to do is done in later turns.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    stalls.postMessage('stop');
    const longestMs = await stall;
    stalls.close();
    process.send({ longestMs, appliedMs });
  });
});
