import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import type { PoolValues } from './fields.js';

/** Rules between the fields of a pool; throws what the first broken one says. */
export function checkLimits(values: PoolValues): void {
  const broken = placeProblem(values) ?? healthSourcesProblem(values) ?? monitorProblem(values);
  if (broken !== null) throw new ApiError('validation_failed', broken);
}

function placeProblem({ latitude, longitude }: PoolValues): string | null {
  if ((latitude === null) === (longitude === null)) return null;
  return `latitude and longitude must be set together: ${latitude === null ? 'latitude' : 'longitude'} is missing`;
}

function healthSourcesProblem({ health_sources, check_regions }: PoolValues): string | null {
  if (health_sources === null) return null;
  if (!isDeepStrictEqual(health_sources, ['regional', 'global']))
    return `health_sources ${JSON.stringify(health_sources)} must be null or ["regional","global"]`;
  return check_regions === null
    ? 'health_sources ["regional","global"] needs at least one of check_regions'
    : null;
}

function monitorProblem({ monitor, monitor_group }: PoolValues): string | null {
  return monitor !== null && monitor_group !== null ? 'monitor and monitor_group must not be set both' : null;
}
