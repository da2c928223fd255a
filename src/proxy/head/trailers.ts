import {
  type FieldRole,
  type FieldRoles,
  REQUEST_TRAILER_FIELDS,
  RESPONSE_TRAILER_FIELDS,
} from './field-roles.js';
import { readFields, type TakeField } from './fields.js';
import { Malformed } from './malformed.js';
import { MessageHead } from './message-head.js';

const MAX_TRAILER_FIELDS = 64;

/** What goes on of the trailer lines of a message, each with its CRLF. Throws Malformed. */
export type TrailerReader = (lines: string) => string;

/**
 * Those of a response. Fields that would change the framing, the routing or the meaning of a message that has already been
 * acted upon are left out (RFC 9110 section 6.5.1).
 */
export const responseTrailers: TrailerReader = (lines) => read(lines, RESPONSE_TRAILER_FIELDS, () => {});

/** For who does not want them: they are checked all the same. */
export const noTrailers: TrailerReader = (lines) => {
  read(lines, RESPONSE_TRAILER_FIELDS, () => {});
  return '';
};

/** Those of a request are left out. One about framing or routing is a sign of an attack, as Node's parser has it too. */
export const requestTrailers: TrailerReader = (lines) => {
  read(lines, REQUEST_TRAILER_FIELDS, (_, role) => {
    const name = NOT_IN_REQUESTS[role];
    if (name) throw new Malformed(400, `${name} stands behind the body, where it means nothing`);
  });
  return '';
};

const NOT_IN_REQUESTS: Partial<Record<FieldRole, string>> = {
  content_length: 'Content-Length',
  transfer_encoding: 'Transfer-Encoding',
  host: 'Host',
};

function read(lines: string, roles: FieldRoles, take: TakeField<MessageHead>): string {
  const bytes = Buffer.from(lines, 'latin1');
  const fields = new MessageHead(bytes);
  readFields(bytes, 0, bytes.length, roles, MAX_TRAILER_FIELDS, fields, take);
  return fields.passedOn;
}
