import { ApiError } from './errors.js';

/** The API families word the same mistake differently. Routes name theirs in `config.family`. */
export type Family = 'lb' | 'zt' | 'dns';

/** An input that could not be used, in the family's words. */
export function invalidInput(family: Family | undefined, reason: string): ApiError {
  if (family === 'lb') return new ApiError('validation_failed', reason);
  if (family === 'zt') return new ApiError('unparsable_input', reason);
  if (family === 'dns') return new ApiError('dns_invalid', reason);
  return new ApiError('invalid_request', reason);
}

interface Issue {
  readonly path: readonly (string | number | symbol)[];
  readonly message: string;
}

/** `origins[0].weight is not in range [0, 1]`. */
export function describeIssue({ path, message }: Issue): string {
  const name = path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`))
    .join('');
  if (name === '') return message;
  return /^[A-Z]/.test(message) ? `${name}: ${message}` : `${name} ${message}`;
}
