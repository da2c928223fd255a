import type { LivePool, LiveSettings, SteeringPolicy } from '../../live/snapshot.js';
import { pickFirstPool } from './off.js';
import { pickRandomPool } from './random.js';

/** Chooses among pools that can all take the request, in list order and never none. `random` gives numbers in [0, 1). */
export type PickPool = (
  available: readonly LivePool[],
  settings: LiveSettings,
  random: () => number,
) => LivePool;

export const POOL_POLICIES = {
  off: pickFirstPool,
  random: pickRandomPool,
} satisfies Partial<Record<SteeringPolicy, PickPool>>;
