import { TRAILER_FIELDS } from './field-roles.js';
import { type MessageFields, readFields } from './fields.js';

const MAX_TRAILER_FIELDS = 64;

/**
 * What may be passed on of the trailer lines of a message, each with its CRLF. Fields that would change the framing, the
 * routing or the meaning of a message that has already been acted upon are left out (RFC 9110 section 6.5.1).
 * Throws Malformed.
 */
export function readTrailers(lines: string): string {
  const fields: MessageFields = {
    contentLength: null,
    chunked: false,
    close: false,
    keepAlive: false,
    connectionUpgrade: false,
    upgrade: '',
    nominated: null,
    passedOn: '',
  };
  readFields(lines, 0, TRAILER_FIELDS, MAX_TRAILER_FIELDS, fields, () => {});
  return fields.passedOn;
}
