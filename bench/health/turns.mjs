// Loaded into every thread of a program with NODE_OPTIONS=--import: what the data plane's thread has run between two turns of its event loop, at most. What
// counts is the CPU time of the thread, so that others on the machine do not look like stalls. It listens on the Unix socket `data-plane` in the folder
// BENCH_TURNS; a connection starts the watch, and is told the milliseconds of the longest turn when it has ended its side.
import { closeSync, openSync, readSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** A turn in which it is due looks once; what it finds is at most so much more than that turn. */
const LOOK_EVERY_MS = 1;
const bytes = new Uint8Array(128);
const SPACE = 32;
const ZERO = 48;

/**
 * Milliseconds that this thread has run: the first number, in nanoseconds, of `file`, its schedstat. Nothing is allocated for it, since what the collector does
 * about that would count.
 */
function ranMs(file) {
  readSync(file, bytes, 0, bytes.length, 0);
  let nanoseconds = 0;
  for (let i = 0; bytes[i] !== SPACE; i++) nanoseconds = nanoseconds * 10 + (bytes[i] - ZERO);
  return nanoseconds / 1e6;
}

function watch(socket) {
  const file = openSync('/proc/thread-self/schedstat');
  let last = ranMs(file);
  let longestMs = 0;
  const watching = setInterval(() => {
    const now = ranMs(file);
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }, LOOK_EVERY_MS);
  socket.on('error', () => undefined);
  socket.on('end', () => {
    clearInterval(watching);
    closeSync(file);
    socket.end(String(longestMs));
  });
  socket.resume();
}

const folder = process.env.BENCH_TURNS;
// Its script is what a thread has in place of the program's name.
const script = path.basename(process.argv[1] ?? '');
if (!isMainThread && folder && script.startsWith('data-plane'))
  net.createServer({ allowHalfOpen: true }, watch).listen(path.join(folder, 'data-plane')).unref();
