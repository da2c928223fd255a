// The data plane's thread, with an eye on how long its event loop takes to come round.
let last = 0;
let longestMs = 0;
let watching;

function look() {
  const now = performance.now();
  longestMs = Math.max(longestMs, now - last);
  last = now;
  watching = setImmediate(look);
}

const asked = new BroadcastChannel('stalls');
asked.unref();
asked.onmessage = ({ data }) => {
  if (data === 'start') {
    last = performance.now();
    longestMs = 0;
    clearImmediate(watching);
    watching = setImmediate(look);
  } else if (data === 'stop') {
    clearImmediate(watching);
    asked.postMessage({ longestMs });
  }
};

await import('../../dist/data-plane.js');
