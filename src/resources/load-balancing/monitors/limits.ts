import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { initialOfType, type MonitorValues, speaksHttp, TCP_METHOD } from './fields.js';

const MAX_INTERVAL = 3600;
/** Shorter intervals exist for tests only, where a check may well take longer than its interval. */
const SHORTEST_OF_CLOUDFLARE = 10;
const CODES = /^\s*([1-5]\d\d|[1-5]xx)(\s*,\s*([1-5]\d\d|[1-5]xx))*\s*$/i;

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
] as const satisfies readonly (keyof MonitorValues)[];

/** Rules between fields; `minInterval` in seconds. Throws what the first broken one says. */
export function checkLimits(values: MonitorValues, minInterval: number): void {
  const broken =
    httpOnlyProblem(values) ??
    intervalProblem(values, minInterval) ??
    portProblem(values) ??
    methodProblem(values) ??
    codesProblem(values);
  if (broken !== null) throw new ApiError('validation_failed', broken);
}

function httpOnlyProblem(values: MonitorValues): string | null {
  if (speaksHttp(values.type)) return null;
  const initial = initialOfType(values.type);
  const wrong = HTTP_ONLY.find(
    (name) => values[name] !== '' && !isDeepStrictEqual(values[name], initial[name]),
  );
  return wrong === undefined
    ? null
    : `${wrong} is only for monitors of type http and https, not ${values.type}`;
}

function intervalProblem({ interval, retries, timeout }: MonitorValues, minInterval: number): string | null {
  if (interval < minInterval || interval > MAX_INTERVAL)
    return `interval is not in range [${minInterval}, ${MAX_INTERVAL}]`;
  const longestCheck = (retries + 1) * timeout;
  if (interval < SHORTEST_OF_CLOUDFLARE || interval > longestCheck) return null;
  return `interval ${interval} must be greater than (retries + 1) * timeout = ${longestCheck}`;
}

function portProblem({ type, port }: MonitorValues): string | null {
  return port === 0 && !speaksHttp(type) && type !== 'icmp_ping'
    ? `port is required for a ${type} monitor`
    : null;
}

/** What a tcp monitor shows in place of a method cannot be sent as one. */
function methodProblem({ type, method }: MonitorValues): string | null {
  if (!speaksHttp(type) || method !== TCP_METHOD) return null;
  return `method "${TCP_METHOD}" is only for a tcp monitor; a ${type} monitor takes a method such as GET or HEAD`;
}

function codesProblem({ type, expected_codes }: MonitorValues): string | null {
  if (!speaksHttp(type) || CODES.test(expected_codes)) return null;
  if (expected_codes === '') return `expected_codes is required for a ${type} monitor`;
  return `expected_codes ${JSON.stringify(expected_codes)} must be codes or classes such as 200, 2xx or 200,301`;
}
