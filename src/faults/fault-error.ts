import { DialError } from '../tunnel/egress/contract.js';

/** Errors that a fault has made: they look like those of the failure, and say which fault it was. */

const faults = new WeakMap<Error, string>();

export function nothingPasses(fault: string, ms: number): DialError {
  const error = new DialError('timeout', `no answer within ${ms} ms: the fault "${fault}" lets nothing pass`);
  return by(fault, error);
}

/** As the system tells of a connection that its other end has reset. */
export function connectionReset(fault: string): Error {
  const error = new Error(`read ECONNRESET: the fault "${fault}" has reset the connection`);
  return by(fault, Object.assign(error, { code: 'ECONNRESET', syscall: 'read' }));
}

/** As a tunnel tells of a stream that is lost. */
export function streamLost(fault: string): DialError {
  return by(fault, new DialError('reset', `the fault "${fault}" has reset the stream through the tunnel`));
}

function by<E extends Error>(fault: string, error: E): E {
  faults.set(error, fault);
  return error;
}

/** The name of the fault that has made the error; null for one that nobody has asked for. */
export const faultBehind = (error: Error): string | null => faults.get(error) ?? null;
