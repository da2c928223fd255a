import type { TrafficFault } from '../bridge/faults.js';
import { type Conditions, combinedConditions, type Direction } from './conditions.js';

/** The faults that one connection is under: those that have struck it when it was made, until they are set no longer. */
export interface Struck {
  readonly names: readonly string[];
  conditions(direction: Direction): Conditions;
  /** The fault for whose sake no connection is made at all; null when one may be. */
  readonly holdsConnecting: string | null;
  /** Some of the faults are set no longer. A later listener takes the place of an earlier one. */
  onRelease(listener: () => void): void;
  /** The connection is gone. */
  end(): void;
}

/** All connections that are under faults. */
export interface StruckConnections {
  readonly size: number;
  add(faults: readonly TrafficFault[]): Struck;
  /** Only these are set from now on. */
  keepOnly(faults: ReadonlySet<TrafficFault>): void;
}

export function createStruckConnections(): StruckConnections {
  const releases = new Set<(set: ReadonlySet<TrafficFault>) => void>();

  function add(first: readonly TrafficFault[]): Struck {
    let faults = first;
    let released: (() => void) | null = null;
    const release = (set: ReadonlySet<TrafficFault>) => {
      const left = faults.filter((fault) => set.has(fault));
      if (left.length === faults.length) return;
      faults = left;
      released?.();
    };
    releases.add(release);
    return {
      get names() {
        return faults.map(({ name }) => name);
      },
      conditions: (direction) => combinedConditions(faults, direction),
      get holdsConnecting() {
        return faults.find(({ cut }) => cut !== null && cut.afterBytes === null)?.name ?? null;
      },
      onRelease(listener) {
        released = listener;
      },
      end() {
        released = null;
        releases.delete(release);
      },
    };
  }

  return {
    get size() {
      return releases.size;
    },
    add,
    keepOnly(set) {
      for (const release of [...releases]) release(set);
    },
  };
}
