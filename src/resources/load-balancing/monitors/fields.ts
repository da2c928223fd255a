import type { MonitorType } from '../../../domain/policies.js';
import type { MonitorFields } from './schema.js';
import type { Monitor } from './store.js';

export const speaksHttp = (type: MonitorType) => type === 'http' || type === 'https';

/** Cloudflare's word for what a tcp monitor does in place of a request. */
export const TCP_METHOD = 'connection_established';

const COMMON = {
  description: '',
  header: {},
  port: 0,
  timeout: 5,
  retries: 2,
  interval: 60,
  consecutive_up: 0,
  consecutive_down: 0,
  expected_body: '',
  // A monitor for HTTP must name its codes: the API refuses one that does not.
  expected_codes: '',
  follow_redirects: false,
  allow_insecure: false,
  probe_zone: '',
};

/** The fields of a new monitor of which nothing but the type is known. */
export function defaultsOf(type: MonitorType): MonitorFields {
  if (speaksHttp(type)) return { ...COMMON, type, method: 'GET', path: '/' };
  return { ...COMMON, type, method: type === 'tcp' ? TCP_METHOD : '', path: '' };
}

export function fieldsOf(monitor: Monitor): MonitorFields {
  return {
    type: monitor.type as MonitorType,
    description: monitor.description,
    method: monitor.method,
    path: monitor.path,
    header: monitor.header as MonitorFields['header'],
    port: monitor.port,
    timeout: monitor.timeout,
    retries: monitor.retries,
    interval: monitor.interval,
    consecutive_up: monitor.consecutiveUp,
    consecutive_down: monitor.consecutiveDown,
    expected_body: monitor.expectedBody,
    expected_codes: monitor.expectedCodes,
    follow_redirects: monitor.followRedirects,
    allow_insecure: monitor.allowInsecure,
    probe_zone: monitor.probeZone,
  };
}

/** The inverse of `fieldsOf`. */
export function columnsOf(
  fields: MonitorFields,
): Omit<Monitor, 'id' | 'accountId' | 'createdOn' | 'modifiedOn'> {
  return {
    type: fields.type,
    description: fields.description,
    method: fields.method,
    path: fields.path,
    header: fields.header,
    port: fields.port,
    timeout: fields.timeout,
    retries: fields.retries,
    interval: fields.interval,
    consecutiveUp: fields.consecutive_up,
    consecutiveDown: fields.consecutive_down,
    expectedBody: fields.expected_body,
    expectedCodes: fields.expected_codes,
    followRedirects: fields.follow_redirects,
    allowInsecure: fields.allow_insecure,
    probeZone: fields.probe_zone,
  };
}
