import type { HealthView } from '../live/health-board.js';
import type { LivePool } from '../live/snapshot.js';

/** Milliseconds for which a latency counts before it is read again: checks measure it every few seconds at most. */
const FRESH_MS = 1_000;

interface Reading {
  readonly version: number;
  readonly readAt: number;
  readonly latency: number | null;
}

/** The latency of a pool in milliseconds: the mean of its healthy enabled origins. Null while none has been measured. */
export function createPoolLatencies(health: HealthView): (pool: LivePool, now: number) => number | null {
  const readings = new WeakMap<LivePool, Reading>();
  return (pool, now) => {
    const version = health.versionOf(pool.id);
    const known = readings.get(pool);
    if (known?.version === version && Math.abs(now - known.readAt) < FRESH_MS) return known.latency;
    const latency = meanLatency(pool, health);
    readings.set(pool, { version, readAt: now, latency });
    return latency;
  };
}

function meanLatency(pool: LivePool, health: HealthView): number | null {
  let sum = 0;
  let count = 0;
  for (const { key, enabled } of pool.origins) {
    const origin = enabled ? health.origin(pool.id, key) : undefined;
    if (origin?.state !== 'healthy' || origin.latencyMs === null) continue;
    sum += origin.latencyMs;
    count += 1;
  }
  return count > 0 ? sum / count : null;
}
