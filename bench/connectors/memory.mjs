// What a process holds, once the garbage is gone. Needs --expose-gc.
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes. `spare` is what V8 keeps of the heap and has nothing in. */
export async function memory() {
  for (let again = 0; again < 4; again++) {
    globalThis.gc();
    await delay(50);
  }
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, spare: heapTotal - heapUsed, external };
}
