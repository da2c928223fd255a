import type { FaultCut, TrafficFault } from '../bridge/faults.js';

/** What several faults together do to one direction of a connection. */
export interface Conditions {
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly bytesPerSecond: number | null;
  readonly cut: Cut | null;
  readonly slowCloseMs: number;
}

export interface Cut {
  readonly how: FaultCut['how'];
  readonly afterBytes: number;
  /** The name of the fault. */
  readonly by: string;
}

export type Direction = 'upstream' | 'downstream';

/** Where no connection can be made, nothing passes in either direction. */
function acts({ direction, cut }: TrafficFault, asked: Direction): boolean {
  return direction === 'both' || direction === asked || cut?.afterBytes === null;
}

/** Latencies add up, the narrowest bandwidth counts, and the first cut; of two at the same byte the one that was set first. */
export function combinedConditions(faults: readonly TrafficFault[], direction: Direction): Conditions {
  const acting = faults.filter((fault) => acts(fault, direction));
  const sum = (of: (fault: TrafficFault) => number) => acting.reduce((total, one) => total + of(one), 0);
  const rates = acting.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
  let cut: Cut | null = null;
  for (const { name, cut: own } of acting) {
    if (own === null) continue;
    const afterBytes = own.afterBytes ?? 0;
    if (cut === null || afterBytes < cut.afterBytes) cut = { how: own.how, afterBytes, by: name };
  }
  return {
    latencyMs: sum(({ latencyMs }) => latencyMs),
    jitterMs: sum(({ jitterMs }) => jitterMs),
    bytesPerSecond: rates.length === 0 ? null : Math.min(...rates),
    cut,
    slowCloseMs: Math.max(0, ...acting.map(({ slowCloseMs }) => slowCloseMs)),
  };
}
