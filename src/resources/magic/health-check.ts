import { z } from 'zod';
import { ApiError } from '../../api/errors.js';
import { nullish, present } from '../../api/fields.js';
import { peerOf } from './addresses.js';
import { boolean, ipAddress } from './fields.js';

const rate = z.enum(['low', 'mid', 'high'], 'must be low, mid or high');
const type = z.enum(['reply', 'request'], 'must be reply or request');
const direction = z.enum(['unidirectional', 'bidirectional'], 'must be unidirectional or bidirectional');
/** Empty stands for the address that the tunnel itself suggests. */
const saved = z.union([z.literal(''), ipAddress], 'must be an IP address, or empty');

/** `effective` is said by the server only, and not looked at here. */
const target = z.union([saved, z.object({ saved: saved.nullish() })], {
  error: 'must be an IP address, or an object with an IP address as "saved"',
});

const members = { enabled: boolean, rate, target, type, direction };

export const healthCheckBody = z.object(nullish(members));

export const wireHealthCheck = z.object({
  ...members,
  target: z.union([z.string(), z.object({ saved: z.string().optional(), effective: z.string() })]),
});

type Body = z.output<typeof healthCheckBody>;
type WireHealthCheck = z.output<typeof wireHealthCheck>;

/** As it is stored: complete, with the target that was asked for or an empty one. */
export type HealthCheck = Omit<WireHealthCheck, 'target'> & { readonly target: string };

export const DEFAULT_HEALTH_CHECK: HealthCheck = {
  enabled: true,
  rate: 'mid',
  target: '',
  type: 'reply',
  direction: 'unidirectional',
};

/**
 * What a body makes of a health check; what it leaves out is as in `base`. The target is an object exactly when the
 * request has the header `x-magic-new-hc-target: true`. Throws ApiError when it has the other form.
 */
export function healthCheckAfter(
  body: Body | null | undefined,
  base: HealthCheck,
  objectForm: boolean,
): HealthCheck {
  if (body === undefined) return base;
  if (body === null) return DEFAULT_HEALTH_CHECK;
  const target = targetAfter(body.target, base.target, objectForm);
  return { ...base, ...(present(body) as Partial<HealthCheck>), target };
}

function targetAfter(target: Body['target'], base: string, objectForm: boolean): string {
  if (target === undefined) return base;
  if (target === null) return '';
  if ((typeof target === 'object') === objectForm)
    return typeof target === 'object' ? (target.saved ?? '') : target;
  const [right, state] = objectForm ? ['an object', 'true'] : ['a string', 'absent or false'];
  throw new ApiError(
    'invalid_request',
    `health_check.target must be ${right} when the header x-magic-new-hc-target is ${state}`,
  );
}

/** Where checks go: a bidirectional one to the other end of the tunnel, else to the target, else to the customer's endpoint. */
export function healthCheckToWire(
  check: HealthCheck,
  tunnel: { readonly interfaceAddress: string; readonly customerEndpoint: string | null },
  objectForm: boolean,
): WireHealthCheck {
  const effective =
    check.direction === 'bidirectional'
      ? peerOf(tunnel.interfaceAddress)
      : check.target || (tunnel.customerEndpoint ?? '');
  const saved = check.target === '' ? {} : { saved: check.target };
  const target = objectForm ? { ...saved, effective } : effective;
  return { enabled: check.enabled, rate: check.rate, target, type: check.type, direction: check.direction };
}
