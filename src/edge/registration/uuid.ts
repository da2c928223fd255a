import { CapnpError } from '../capnp/capnp-error.js';

/** `11111111-2222-4333-8444-555555555555` as the 16 bytes that travel in registration messages. */
export function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** The other way round; `what` names the field in the error. */
export function uuidFromBytes(bytes: Buffer, what: string): string {
  if (bytes.length !== 16) throw new CapnpError(`${what} of ${bytes.length} bytes; a UUID has 16`);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
