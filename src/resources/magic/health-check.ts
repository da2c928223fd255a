import { z } from 'zod';
import { ApiError } from '../../api/errors.js';
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

export const healthCheckBody = z.object({
  enabled: boolean.nullish(),
  rate: rate.nullish(),
  target: target.nullish(),
  type: type.nullish(),
  direction: direction.nullish(),
});

export const wireHealthCheck = z.object({
  enabled: z.boolean(),
  rate,
  target: z.union([z.string(), z.object({ saved: z.string().optional(), effective: z.string() })]),
  type,
  direction,
});

type Body = z.output<typeof healthCheckBody>;

/** As it is stored: complete, with the target that was asked for or an empty one. */
export interface HealthCheck {
  readonly enabled: boolean;
  readonly rate: z.output<typeof rate>;
  readonly target: string;
  readonly type: z.output<typeof type>;
  readonly direction: z.output<typeof direction>;
}

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
  return {
    enabled: body.enabled ?? base.enabled,
    rate: body.rate ?? base.rate,
    target: targetAfter(body.target, base.target, objectForm),
    type: body.type ?? base.type,
    direction: body.direction ?? base.direction,
  };
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
): z.output<typeof wireHealthCheck> {
  const effective =
    check.direction === 'bidirectional'
      ? peerOf(tunnel.interfaceAddress)
      : check.target || (tunnel.customerEndpoint ?? '');
  const saved = check.target === '' ? {} : { saved: check.target };
  const target = objectForm ? { ...saved, effective } : effective;
  return { enabled: check.enabled, rate: check.rate, target, type: check.type, direction: check.direction };
}
