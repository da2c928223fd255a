import type { z } from 'zod';
import { faultBody, faultsBody } from '../api/admin/faults/bodies.js';
import type { FaultBook } from '../api/admin/faults/fault-book.js';
import { toWire } from '../api/admin/faults/on-the-wire.js';
import { foundRequests, requestFilter, requestsQuery } from '../api/admin/requests.js';
import { contentsOf, snapshotFile, snapshotOf } from '../api/admin/snapshot.js';
import { resetOptions, type TestControl } from '../api/admin/test-control.js';
import { describeIssue } from '../api/families.js';
import type { DataPlane } from '../bridge/data-plane.js';
import { VERSION } from '../config/version.js';
import type { Offramp, OfframpFaults } from './offramp.js';

export interface LibraryControlParts {
  readonly testControl: TestControl;
  readonly faultBook: FaultBook;
  readonly dataPlane: Pick<DataPlane, 'ask'>;
  /** Carries out what somebody has asked for, while there is somebody who can. */
  readonly run: <T>(task: () => Promise<T>) => Promise<T>;
}

/** What is below `/_offramp/` for tests, as methods, with the same words for what is wrong. Whoever has started an Offramp may use them, whatever it keeps. */
export function libraryControl(
  parts: LibraryControlParts,
): Pick<Offramp, 'reset' | 'seed' | 'snapshot' | 'restore' | 'faults' | 'requests'> {
  const { testControl, faultBook, dataPlane, run } = parts;
  const faults: OfframpFaults = {
    list: () => run(async () => (await faultBook.reports()).map(toWire)),
    replace: (all) =>
      run(async () => void (await faultBook.replace(parsed(faultsBody, { faults: all }).faults))),
    add: (fault) => run(async () => toWire(await faultBook.add(parsed(faultBody, fault)))),
    remove: (name) => run(async () => void (await faultBook.remove(name))),
    clear: () => run(async () => void (await faultBook.replace([]))),
  };
  return {
    reset: (options = {}) =>
      run(async () => {
        const { to = 'empty' } = parsed(resetOptions, options);
        await testControl.reset(to);
      }),
    seed: (seed) =>
      run(() =>
        testControl.seed({ name: 'the seed', text: typeof seed === 'string' ? seed : JSON.stringify(seed) }),
      ),
    snapshot: () => run(async () => snapshotOf(VERSION, await testControl.contents())),
    restore: (snapshot) =>
      run(async () => void (await testControl.restore(contentsOf(parsed(snapshotFile, snapshot))))),
    faults,
    requests: (filter = {}) =>
      run(async () =>
        foundRequests(await dataPlane.ask('requests', requestFilter(parsed(requestsQuery, textsOf(filter))))),
      ),
  };
}

/** As they stand in a query. */
const textsOf = (filter: object) =>
  Object.fromEntries(
    Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );

function parsed<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new TypeError(describeIssue(result.error.issues[0]! as Parameters<typeof describeIssue>[0]));
}
