import { type NotYet, refuseNotYet } from '../not-yet.js';
import type { MonitorFields } from './schema.js';

const NOT_YET: NotYet<MonitorFields> = {
  type: (type) => type === 'icmp_ping' || type === 'udp_icmp' || type === 'smtp',
  probe_zone: (zone) => zone !== '',
};

export const refuseUnsupported = (fields: MonitorFields) => refuseNotYet(NOT_YET, fields);
