// The data plane's thread, with an eye on how long it works between two turns of its event loop. What counts is the CPU time of
// the thread, so that others on the machine do not look like stalls.
import { readFileSync } from 'node:fs';

let last = 0;
let longestMs = 0;
let watching;

/** Milliseconds that this thread has run. */
const ranMs = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;

function look() {
  const now = ranMs();
  longestMs = Math.max(longestMs, now - last);
  last = now;
  watching = setImmediate(look);
}

const asked = new BroadcastChannel('stalls');
asked.unref();
asked.onmessage = ({ data }) => {
  if (data === 'start') {
    last = ranMs();
    longestMs = 0;
    clearImmediate(watching);
    watching = setImmediate(look);
  } else if (data === 'stop') {
    clearImmediate(watching);
    asked.postMessage({ longestMs });
  }
};

await import('../../dist/app/data-plane-entry.js');
