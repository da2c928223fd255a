import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { integer, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { MONITOR_TYPES } from '../../../domain/policies.js';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export const accountParams = z.object({ account_id: hexId });
export const monitorParams = accountParams.extend({ monitor_id: hexId });
export const listQuery = z.object(pageQuery());

const headerValue = text(4096).regex(HEADER_VALUE, 'must not contain control or non-Latin-1 characters');

/** What a client may set; ranges that depend on the type or on settings are in the rules. */
const members = {
  type: z.enum(MONITOR_TYPES),
  description: text(1024),
  method: text(32).regex(/^([A-Z][A-Z_-]*|connection_established)?$/, 'must be a method in capital letters'),
  path: text(2048).regex(/^(\/[\x21-\x7e]*)?$/, 'must start with / and have printable ASCII characters only'),
  header: z
    .record(text(256).regex(HEADER_NAME), z.array(headerValue).min(1, 'must have a value').max(32))
    .refine((header) => Object.keys(header).length <= 64, 'must not name more than 64 fields')
    .refine(
      (header) => !Object.keys(header).some((name) => name.toLowerCase() === 'user-agent'),
      'must not name User-Agent, which cannot be overridden',
    )
    .refine(hasOneHost, 'must give Host exactly one value'),
  port: integer(0, 65_535),
  timeout: integer(1, 10),
  retries: integer(0, 5),
  interval: z.int('must be an integer'),
  consecutive_up: integer(0, 1000),
  consecutive_down: integer(0, 1000),
  expected_body: text(10_240),
  expected_codes: text(1024),
  follow_redirects: z.boolean(),
  allow_insecure: z.boolean(),
  probe_zone: text(253),
};

function hasOneHost(header: Record<string, string[]>): boolean {
  const hosts = Object.entries(header).filter(([name]) => name.toLowerCase() === 'host');
  return hosts.length === 0 || hosts.flatMap(([, values]) => values).length === 1;
}

export const body = z.object(nullish(members));

export const monitor = z
  .object({
    id: hexId,
    ...members,
    header: members.header.optional().describe('Absent when no header is set.'),
    created_on: timestampSchema,
    modified_on: timestampSchema,
  })
  .meta({ id: 'Monitor' });

export const deleted = z.object({ id: hexId });

/** Every field with a value, under its name on the wire. */
export type MonitorFields = { [K in keyof typeof members]: z.output<(typeof members)[K]> };
export type MonitorBody = z.output<typeof body>;
export type WireMonitor = z.output<typeof monitor>;
