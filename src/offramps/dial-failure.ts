import { DialError, type DialFailure } from './contract.js';

/** What the operating system or the resolver says (`error.code`), in the terms of the contract. */
const FAILURE_OF_CODE: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  ECONNRESET: 'reset',
};

/** Undefined for a code that says nothing about the destination. */
export const failureOfCode = (code: string): DialFailure | undefined =>
  Object.hasOwn(FAILURE_OF_CODE, code) ? FAILURE_OF_CODE[code] : undefined;

/** The DialError for whatever went wrong before `connect`; `cause` keeps the original with its `code`. */
export function toDialError(error: unknown, where: string): DialError {
  if (error instanceof DialError) return error;
  const { code = 'unknown error', message = String(error) } = (error ?? {}) as NodeJS.ErrnoException;
  const failure = failureOfCode(code) ?? 'other';
  return new DialError(failure, `Cannot connect to ${where}: ${message || code}`, { cause: error });
}
