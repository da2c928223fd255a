// One request every 20 ms, each on a connection of its own, whatever became of those before.
import http from 'node:http';

const EVERY_MS = 20;
const ANSWER_LIMIT_MS = 60_000;

export function startVisitors(port, host) {
  let counts;
  let inARow = 0;
  let waiters = [];
  const failures = new Map();

  function reset() {
    counts = { refused: 0, failed: 0, served: 0, exited: null, firstServed: null, slowest: 0 };
    inARow = 0;
  }

  function failed(why) {
    counts.failed += 1;
    inARow = 0;
    failures.set(why, (failures.get(why) ?? 0) + 1);
    if (process.env.VERBOSE) console.error(why);
  }

  function served(began) {
    const now = performance.now();
    counts.served += 1;
    // What was served by the process that is going says nothing about the one that comes.
    if (counts.exited !== null && began > counts.exited) counts.firstServed ??= now;
    counts.slowest = Math.max(counts.slowest, now - began);
    inARow += 1;
    for (const { count, resolve } of waiters) if (inARow >= count) resolve();
    waiters = waiters.filter(({ count }) => inARow < count);
  }

  function visit() {
    const began = performance.now();
    const mine = counts;
    const options = { port, host: '127.0.0.1', agent: false, headers: { host }, timeout: ANSWER_LIMIT_MS };
    const request = http.get(options, (response) => {
      response.resume();
      response.once('error', (error) => mine === counts && failed(error.code));
      response.once('end', () => {
        if (mine !== counts) return;
        if (response.statusCode === 200) served(began);
        else failed(`status ${response.statusCode}`);
      });
    });
    request.once('timeout', () => request.destroy(new Error(`no answer in ${ANSWER_LIMIT_MS} ms`)));
    request.once('error', (error) => {
      if (mine !== counts) return;
      if (error.code === 'ECONNREFUSED') {
        counts.refused += 1;
        inARow = 0;
      } else failed(error.code ?? error.message);
    });
  }

  reset();
  setInterval(visit, EVERY_MS);
  return {
    reset,
    /** Visits from now on are for the next process. */
    exited() {
      counts.exited = performance.now();
    },
    counts: () => counts,
    servedInARow(count, limitMs) {
      inARow = 0;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not served in ${limitMs} ms: ${JSON.stringify([...failures])}`)),
          limitMs,
        );
        waiters.push({
          count,
          resolve() {
            clearTimeout(timer);
            resolve();
          },
        });
      });
    },
  };
}
