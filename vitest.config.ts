import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';
import { testFiles } from './test/support/projects.js';

const files = testFiles();
const common = {
  setupFiles: ['test/support/judged-answers.ts'],
  // Guards against hanging, and no measure: what a machine needs that is busy with something else.
  testTimeout: 120_000,
  hookTimeout: 180_000,
  // Tests wait as much as they compute: with two for each of two cores, both are busy; with many more they would starve each other.
  maxWorkers: 4,
};

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    sequence: { sequencer: LongestFirst },
    // One after another. What only computes comes first: it fails first.
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: files.unit,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'api',
          include: files.api,
          // The program outlives the files of a worker.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'system',
          include: files.system,
          isolate: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
