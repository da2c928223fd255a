// What a start costs, and what a program that nobody asks anything holds in memory. Contenders here are started anew in each round.
import { setTimeout as delay } from 'node:timers/promises';
import { residentMiBOfTree } from '../support/cpu.mjs';
import { startOfframp, temporaryDirectory } from '../support/offramp.mjs';

const GOAL_START = { most: 0.5 };

export const startWork = (idleSeconds, database) => ({
  name: 'start',
  figures: ['firstCpuMs', 'againCpuMs', 'readyMs', 'idleMiB'],
  goals: {
    firstCpuMs: GOAL_START,
    againCpuMs: GOAL_START,
    idleMiB: { most: database === 'embedded' ? 0.6 : 0.5 },
  },
  idleSeconds,
  warmUp: false,
  mostRounds: 3,
});

/** A start in an empty directory or database, a second one there, and then rest. */
export function starter(main, postgres) {
  return {
    async measure({ idleSeconds }) {
      const where = {
        dataDir: temporaryDirectory(),
        databaseUrl: postgres && (await postgres.createDatabase()),
        main,
      };
      const first = await startOfframp(where);
      await first.stop();
      const again = await startOfframp(where);
      await delay(idleSeconds * 1000);
      const idleMiB = residentMiBOfTree(again.pid);
      await again.stop();
      return { firstCpuMs: first.readyCpuMs, againCpuMs: again.readyCpuMs, readyMs: again.readyMs, idleMiB };
    },
  };
}
