// Loaded into every thread of a program with NODE_OPTIONS=--import: what the thread's heap holds once the garbage is gone. Each thread listens on a Unix socket
// in the folder BENCH_HEAPS, collects when somebody connects, and answers with bytes as JSON. `spare` is what V8 keeps of the heap and has nothing in.
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';

const folder = process.env.BENCH_HEAPS;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

async function answer(socket) {
  socket.on('error', () => undefined);
  for (let again = 0; again < 4; again++) {
    collect();
    await delay(50);
  }
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  socket.end(JSON.stringify({ rss, heap: heapUsed, spare: heapTotal - heapUsed, external }));
}

if (folder)
  net
    .createServer(answer)
    .listen(path.join(folder, String(threadId)))
    .unref();
