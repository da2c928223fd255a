import { z } from 'zod';
import { integer, text } from '../../../api/text.js';
import { MONITOR_TYPES, type MonitorType } from '../../../domain/policies.js';
import { answerOf, field, initialOf, patchBody, type ValuesOf } from '../../_kit/fields.js';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const headerValue = text(4096).regex(HEADER_VALUE, 'must not contain control or non-Latin-1 characters');
const header = z
  .record(text(256).regex(HEADER_NAME), z.array(headerValue).min(1, 'must have a value').max(32))
  .refine((header) => Object.keys(header).length <= 64, 'must not name more than 64 fields')
  .refine(
    (header) => !Object.keys(header).some((name) => name.toLowerCase() === 'user-agent'),
    'must not name User-Agent, which cannot be overridden',
  )
  .refine(hasOneHost, 'must give Host exactly one value');
const method = text(32).regex(
  /^([A-Z][A-Z_-]*|connection_established)?$/,
  'must be a method in capital letters',
);
const path = text(2048).regex(
  /^(\/[\x21-\x7e]*)?$/,
  'must start with / and have printable ASCII characters only',
);

/** What a client may set; ranges that depend on the type or on settings are in the rules. */
export const fields = {
  type: field(z.enum(MONITOR_TYPES), 'http'),
  description: field(text(1024), ''),
  method: field(method, 'GET'),
  path: field(path, '/'),
  header: field(
    header,
    {},
    {
      shown: header.describe('Absent when no header is set.'),
      show: (header) => Object.keys(header).length > 0,
    },
  ),
  port: field(integer(0, 65_535), 0),
  timeout: field(integer(1, 10), 5),
  retries: field(integer(0, 5), 2),
  interval: field(z.int('must be an integer'), 60),
  consecutive_up: field(integer(0, 1000), 0),
  consecutive_down: field(integer(0, 1000), 0),
  expected_body: field(text(10_240), ''),
  // A monitor for HTTP must name its codes: the API refuses one that does not.
  expected_codes: field(text(1024), ''),
  follow_redirects: field(z.boolean(), false),
  allow_insecure: field(z.boolean(), false),
  probe_zone: field(text(253), '', {
    notYet: (zone) => (zone === '' ? undefined : 'probes do not take over settings of a zone'),
  }),
};

function hasOneHost(header: Record<string, string[]>): boolean {
  const hosts = Object.entries(header).filter(([name]) => name.toLowerCase() === 'host');
  return hosts.length === 0 || hosts.flatMap(([, values]) => values).length === 1;
}

export type MonitorValues = ValuesOf<typeof fields>;

export const speaksHttp = (type: MonitorType) => type === 'http' || type === 'https';

/** Cloudflare's word for what a tcp monitor does in place of a request. */
export const TCP_METHOD = 'connection_established';

/** The values of a new monitor of which nothing but the type is known. */
export function initialOfType(type: MonitorType): MonitorValues {
  const initial = { ...initialOf(fields), type };
  return speaksHttp(type) ? initial : { ...initial, method: type === 'tcp' ? TCP_METHOD : '', path: '' };
}

/** No field must be set: create and PUT take what PATCH takes. */
export const body = patchBody(fields);
export type MonitorBody = z.output<typeof body>;

export const answer = answerOf('Monitor', fields);
