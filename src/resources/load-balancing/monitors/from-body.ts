import { mergeFields } from '../../../api/fields.js';
import { defaultsOf, speaksHttp } from './fields.js';
import { HTTP_ONLY } from './http-only.js';
import type { MonitorBody, MonitorFields } from './schema.js';

/** The fields after a write; `stored` is null on create and PUT, where what the body leaves out is at its default. */
export function fieldsAfter(body: MonitorBody, stored: MonitorFields | null): MonitorFields {
  const type = (body.type === undefined ? stored?.type : body.type) ?? 'http';
  const defaults = defaultsOf(type);
  return mergeFields(body, stored ? convertible(stored, defaults) : defaults, defaults);
}

/** A monitor that changes between HTTP and something else starts over with the fields that only make sense for HTTP. */
function convertible(stored: MonitorFields, defaults: MonitorFields): MonitorFields {
  if (speaksHttp(stored.type) === speaksHttp(defaults.type)) return stored;
  return { ...stored, ...Object.fromEntries(HTTP_ONLY.map((field) => [field, defaults[field]])) };
}
