import { timestamp } from '../../../api/timestamps.js';
import { fieldsOf } from './fields.js';
import type { WireMonitor } from './schema.js';
import type { Monitor } from './store.js';

export function toWire(monitor: Monitor): WireMonitor {
  const { header, ...fields } = fieldsOf(monitor);
  return {
    id: monitor.id,
    ...fields,
    ...(Object.keys(header).length > 0 ? { header } : {}),
    created_on: timestamp(monitor.createdOn),
    modified_on: timestamp(monitor.modifiedOn),
  };
}
