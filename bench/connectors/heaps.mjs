// What a program holds, that was started with `withHeaps`: memory of the process, and of the heaps of all its threads together.
import { readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { temporaryDirectory } from '../support/offramp.mjs';

const COLLECTED = pathToFileURL(path.join(import.meta.dirname, 'collected.mjs')).href;

/** The variables to start it with, and what asks it then. */
export function withHeaps() {
  const folder = temporaryDirectory();
  const ask = async (thread) => JSON.parse(await text(net.connect(path.join(folder, thread))));
  return {
    env: { NODE_OPTIONS: `--import=${COLLECTED}`, BENCH_HEAPS: folder },
    /** Bytes. */
    async memory() {
      const threads = readdirSync(folder);
      const sum = { rss: 0, heap: 0, spare: 0, external: 0 };
      for (const thread of threads) {
        const { rss, heap, spare, external } = await ask(thread);
        // The memory of the process is that of all of them; the last has seen the others collect.
        Object.assign(sum, {
          rss,
          heap: sum.heap + heap,
          spare: sum.spare + spare,
          external: sum.external + external,
        });
      }
      return sum;
    },
  };
}
