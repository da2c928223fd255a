// The embedded database: confirmed changes, the time to start, and traffic while it is busy.
//
//   npm run build && node bench/database/run.mjs [--pools 1000] [--starts 5] [--rounds 5]

import { readArguments } from '../../scripts/support/arguments.mjs';
import { spread } from '../support/numbers.mjs';
import { createPools, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { measureBusyDatabase } from './busy-database.mjs';
import { measurePatches } from './patch.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    pools: { type: 'string', default: '1000', from: 1, tells: 'how many are stored' },
    starts: { type: 'string', default: '5', from: 1, tells: 'how many are timed' },
    rounds: { type: 'string', default: '5', from: 1, tells: 'how often everything is measured' },
  },
});
const [pools, starts, rounds] = [values.pools, values.starts, values.rounds].map(Number);
const dataDir = temporaryDirectory();

console.log('Embedded database\n');
const offramp = await startOfframp({ dataDir });
console.log(await measurePatches(offramp, await createPools(offramp, pools)));
await offramp.stop();
console.log(`Ready with ${pools} pools stored: ${await readyMs(() => dataDir)} ms (goal: 3000)`);
console.log(`Ready in an empty directory: ${await readyMs(temporaryDirectory)} ms`);
const again = await startOfframp({ dataDir });
console.log(await measureBusyDatabase(again, rounds));
await again.stop();
process.exit(0);

async function readyMs(directory) {
  const times = [];
  for (let i = 0; i < starts; i++) {
    const one = await startOfframp({ dataDir: directory() });
    times.push(one.readyMs);
    await one.stop();
  }
  return spread(times, 0);
}
