import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { defaultsOf, speaksHttp } from './fields.js';
import type { MonitorFields } from './schema.js';

/** Fields that only a monitor of type http or https may set; clients do send their empty values for the others. */
export const HTTP_ONLY = [
  'method',
  'path',
  'header',
  'expected_body',
  'expected_codes',
  'follow_redirects',
  'allow_insecure',
  'probe_zone',
] as const satisfies readonly (keyof MonitorFields)[];

export function refuseHttpOnly(fields: MonitorFields): void {
  if (speaksHttp(fields.type)) return;
  const defaults = defaultsOf(fields.type);
  const wrong = HTTP_ONLY.find(
    (field) => fields[field] !== '' && !isDeepStrictEqual(fields[field], defaults[field]),
  );
  if (wrong === undefined) return;
  throw new ApiError(
    'validation_failed',
    `${wrong} is only for monitors of type http and https, not ${fields.type}`,
  );
}
