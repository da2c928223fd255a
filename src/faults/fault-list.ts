import type { FaultReport, NamedFault } from '../bridge/faults.js';
import type { Clock } from '../net/clock.js';

/** The faults of some kinds that are set, in the order in which they were; each ends by itself when its time is over. */
export interface FaultList<F extends NamedFault> {
  readonly all: readonly F[];
  reports(): readonly FaultReport<F>[];
  /** Takes these in place of those before. */
  replace(faults: readonly F[]): void;
  /** Its name must be free. */
  add(fault: F): void;
  /** Answers whether there was one of that name. */
  remove(name: string): boolean;
  /** Counts; of a fault that is set no longer nobody wants to know. */
  struck(fault: F): void;
}

interface Entry {
  hits: number;
  readonly expiresAt: number | null;
  readonly cancelExpiry: () => void;
}

/** `changed` is called after each change, with the faults as they are then. */
export function createFaultList<F extends NamedFault>(
  clock: Clock,
  changed: (all: readonly F[]) => void,
): FaultList<F> {
  const entries = new Map<F, Entry>();
  let all: readonly F[] = [];

  function tell(): void {
    all = [...entries.keys()];
    changed(all);
  }

  function put(fault: F): void {
    const { seconds } = fault;
    entries.set(fault, {
      hits: 0,
      expiresAt: seconds === null ? null : clock.now() + seconds * 1_000,
      cancelExpiry: seconds === null ? () => {} : clock.after(seconds * 1_000, () => take(fault) && tell()),
    });
  }

  function take(fault: F): boolean {
    entries.get(fault)?.cancelExpiry();
    return entries.delete(fault);
  }

  return {
    get all() {
      return all;
    },
    reports: () => [...entries].map(([fault, { hits, expiresAt }]) => ({ fault, hits, expiresAt })),
    replace(faults) {
      for (const fault of all) take(fault);
      for (const fault of faults) put(fault);
      tell();
    },
    add(fault) {
      put(fault);
      tell();
    },
    remove(name) {
      const fault = all.find((one) => one.name === name);
      if (!fault) return false;
      take(fault);
      tell();
      return true;
    },
    struck(fault) {
      const entry = entries.get(fault);
      if (entry) entry.hits += 1;
    },
  };
}
