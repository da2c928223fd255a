import { type NotYet, noticesOf } from '../../not-yet.js';
import { fieldsOf } from './fields.js';
import type { MonitorFields } from './schema.js';
import type { Monitor } from './store.js';

const NOT_YET: NotYet<MonitorFields> = {
  probe_zone: (zone) => (zone === '' ? undefined : 'probes do not take over settings of a zone'),
};

export const notices = (monitor: Monitor) => noticesOf(NOT_YET, fieldsOf(monitor));
