// What a process holds, once the garbage is gone. Needs --expose-gc.
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes. */
export async function memory() {
  for (let again = 0; again < 4; again++) {
    globalThis.gc();
    await delay(50);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external };
}
