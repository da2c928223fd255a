import { mergeFields } from '../../../api/fields.js';
import { ORIGIN_DEFAULTS, type OriginFields, POOL_DEFAULTS, type PoolFields } from './fields.js';
import type { LoadShedding, OriginBody, OriginSteering, PatchBody } from './schema.js';

const LOAD_SHEDDING: LoadShedding = {
  default_percent: 0,
  default_policy: 'random',
  session_percent: 0,
  session_policy: 'hash',
};
const ORIGIN_STEERING: OriginSteering = { policy: 'random' };

/**
 * The fields after a write; `stored` is null on create and PUT, where what the body leaves out is at its default. Nested
 * objects come out complete, because clients compare them member by member with what they hold.
 */
export function fieldsAfter(body: PatchBody, stored: PoolFields | null): PoolFields {
  return mergeFields<PoolFields>(
    {
      ...body,
      origins: body.origins?.map(originFrom),
      monitor: body.monitor === '' ? null : body.monitor,
      monitor_group: body.monitor_group === '' ? null : body.monitor_group,
      check_regions: body.check_regions?.length === 0 ? null : body.check_regions,
      load_shedding: body.load_shedding && mergeFields(body.load_shedding, LOAD_SHEDDING, LOAD_SHEDDING),
      origin_steering:
        body.origin_steering && mergeFields(body.origin_steering, ORIGIN_STEERING, ORIGIN_STEERING),
    },
    stored ?? POOL_DEFAULTS,
    POOL_DEFAULTS,
  );
}

function originFrom(body: OriginBody): OriginFields {
  return {
    name: body.name,
    address: body.address,
    ...mergeFields(body, ORIGIN_DEFAULTS, ORIGIN_DEFAULTS),
    header: body.header?.Host ? { Host: body.header.Host } : null,
    virtual_network_id: body.virtual_network_id ?? null,
  };
}
