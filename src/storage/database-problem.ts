/** Why the database does not do its work. Each is a row in the API's table of errors (`api/errors.ts`). */
export type DatabaseProblem =
  | 'database_unreachable'
  | 'database_restarting'
  | 'database_read_only'
  | 'database_disk_full'
  | 'database_out_of_resources'
  | 'database_too_many_connections'
  | 'database_access_denied'
  | 'database_timeout'
  | 'database_storage_failed'
  | 'database_conflict';

/** By SQLSTATE, or by its class of two characters. Source: PostgreSQL's manual, appendix A. */
const BY_SQLSTATE: Readonly<Record<string, DatabaseProblem>> = {
  '08': 'database_unreachable',
  '57P01': 'database_restarting',
  '57P02': 'database_restarting',
  '57P03': 'database_restarting',
  '57P04': 'database_access_denied',
  '57P05': 'database_restarting',
  '25006': 'database_read_only',
  '53100': 'database_disk_full',
  '53300': 'database_too_many_connections',
  '53': 'database_out_of_resources',
  '28': 'database_access_denied',
  '3D': 'database_access_denied',
  '42501': 'database_access_denied',
  '25P03': 'database_timeout',
  '25P04': 'database_timeout',
  '55P03': 'database_timeout',
  '57014': 'database_timeout',
  '40': 'database_conflict',
  '58': 'database_storage_failed',
  XX: 'database_storage_failed',
};

/** Prisma's own codes, where no SQLSTATE comes with them. Source: Prisma's error reference. */
const BY_PRISMA_CODE: Readonly<Record<string, DatabaseProblem>> = {
  P1000: 'database_access_denied',
  P1001: 'database_unreachable',
  P1002: 'database_timeout',
  P1003: 'database_access_denied',
  P1008: 'database_timeout',
  P1010: 'database_access_denied',
  P1011: 'database_unreachable',
  P1017: 'database_unreachable',
  P2024: 'database_timeout',
  P2028: 'database_timeout',
  P2034: 'database_conflict',
  P2037: 'database_too_many_connections',
};

/** What Prisma's adapter calls the failures of a socket, which have no SQLSTATE. */
const BY_KIND: Readonly<Record<string, DatabaseProblem>> = {
  DatabaseNotReachable: 'database_unreachable',
  ConnectionClosed: 'database_unreachable',
  TlsConnectionError: 'database_unreachable',
  SocketTimeout: 'database_timeout',
};

/** Node's own, of a socket. Source: Node's documentation, "Common system errors", and those of getaddrinfo. */
const BY_SYSTEM_CODE: Readonly<Record<string, DatabaseProblem>> = {
  ECONNREFUSED: 'database_unreachable',
  ECONNRESET: 'database_unreachable',
  EPIPE: 'database_unreachable',
  ENOTFOUND: 'database_unreachable',
  EAI_AGAIN: 'database_unreachable',
  EHOSTUNREACH: 'database_unreachable',
  ENETUNREACH: 'database_unreachable',
  ETIMEDOUT: 'database_unreachable',
};

/** What `pg` and the embedded database give no code, and Prisma passes on as it is. */
const BY_MESSAGE: readonly (readonly [RegExp, DatabaseProblem])[] = [
  [
    /Query read timeout|^timeout expired|timeout exceeded when trying to connect|due to connection timeout/,
    'database_timeout',
  ],
  [
    /Connection terminated|not queryable|Client was closed|Cannot use a pool after calling end|embedded database (failed|has stopped)/,
    'database_unreachable',
  ],
];

/** Null for an error that is no fault of the database: a broken rule, or a mistake of ours. */
export function databaseProblem(error: unknown): DatabaseProblem | null {
  if (!(error instanceof Error)) return null;
  const { code, meta, cause } = error as PrismaError;
  const adapter = meta?.driverAdapterError?.cause ?? (isAdapterCause(cause) ? cause : undefined);
  const system = BY_SYSTEM_CODE[code ?? ''];
  if (system) return system;
  const sqlstate = adapter?.originalCode ?? (/^[0-9A-Z]{5}$/.test(code ?? '') ? code : undefined);
  return (
    BY_SQLSTATE[sqlstate ?? ''] ??
    BY_SQLSTATE[sqlstate?.slice(0, 2) ?? ''] ??
    BY_KIND[adapter?.kind ?? ''] ??
    BY_PRISMA_CODE[code ?? ''] ??
    (sqlstate ? null : (BY_MESSAGE.find(([text]) => text.test(error.message))?.[1] ?? null))
  );
}

/** What the database itself says of an error, without the words around it. */
export function databaseWords(error: Error): string {
  const { meta } = error as PrismaError;
  return meta?.driverAdapterError?.cause?.originalMessage ?? error.message;
}

interface AdapterCause {
  readonly kind: string;
  /** SQLSTATE. */
  readonly originalCode?: string;
  readonly originalMessage?: string;
}

interface PrismaError extends Error {
  readonly code?: string;
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: AdapterCause } };
}

const isAdapterCause = (cause: unknown): cause is AdapterCause =>
  typeof cause === 'object' && cause !== null && 'kind' in cause;
