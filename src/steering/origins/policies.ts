import type { LiveOrigin, OriginSteeringPolicy } from '../../live/snapshot.js';
import type { WeightedOrigins } from '../weighted.js';
import { pickHashedOrigin } from './hash.js';
import { pickRandomOrigin } from './random.js';

/** `random` gives numbers in [0, 1). */
export type PickOrigin = (origins: WeightedOrigins, clientIp: string, random: () => number) => LiveOrigin;

export const ORIGIN_POLICIES = {
  random: pickRandomOrigin,
  hash: pickHashedOrigin,
} satisfies Partial<Record<OriginSteeringPolicy, PickOrigin>>;
