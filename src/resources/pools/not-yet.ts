import { type NotYet, refuseNotYet } from '../not-yet.js';
import type { PoolFields } from './fields.js';

const NOT_YET: NotYet<PoolFields> = {
  monitor_group: (group) => group !== null && group !== '',
  health_sources: (sources) => sources !== null,
  load_shedding: (shedding) =>
    shedding !== null && (shedding.default_percent > 0 || shedding.session_percent > 0),
  origin_steering: (steering) =>
    steering?.policy === 'least_outstanding_requests' || steering?.policy === 'least_connections',
  notification_email: (email) => email !== '',
  notification_filter: (filter) => notifies(filter?.origin) || notifies(filter?.pool),
};

/** Whether the filter differs from the default, which is to notify of everything. */
const notifies = (
  filter: { disable?: boolean | null | undefined; healthy?: boolean | null | undefined } | null | undefined,
) => (filter?.disable ?? false) || (filter?.healthy ?? null) !== null;

export const refuseUnsupported = (fields: PoolFields) => refuseNotYet(NOT_YET, fields);
