import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import type { PoolFields } from './fields.js';

/** Rules between the fields of a pool; throws what the first broken one says. */
export function checkFields(fields: PoolFields): void {
  const broken = placeProblem(fields) ?? healthSourcesProblem(fields) ?? monitorProblem(fields);
  if (broken !== null) throw new ApiError('validation_failed', broken);
}

function placeProblem({ latitude, longitude }: PoolFields): string | null {
  if ((latitude === null) === (longitude === null)) return null;
  return `latitude and longitude must be set together: ${latitude === null ? 'latitude' : 'longitude'} is missing`;
}

function healthSourcesProblem({ health_sources, check_regions }: PoolFields): string | null {
  if (health_sources === null) return null;
  if (!isDeepStrictEqual(health_sources, ['regional', 'global']))
    return `health_sources ${JSON.stringify(health_sources)} must be null or ["regional","global"]`;
  return check_regions === null
    ? 'health_sources ["regional","global"] needs at least one of check_regions'
    : null;
}

function monitorProblem({ monitor, monitor_group }: PoolFields): string | null {
  return monitor !== null && monitor_group !== null ? 'monitor and monitor_group must not be set both' : null;
}
