import { as, type ErrorRow } from './error-row.js';

const SOURCE =
  "Offramp's own: Cloudflare shows nobody its database; status from terraform-provider-cloudflare #1011";

/** What a client sees when the database is away, refuses, or is in doubt: nothing of it is the client's fault, and each says what to do. */
export const DATABASE_ERRORS = {
  database_unreachable: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the connection to the database broke or cannot be made; repeat the request when PostgreSQL runs and --database-url leads to it',
    ),
    retryAfter: 2,
  },
  database_restarting: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the database server is stopping or starting, or an administrator has ended the connection; repeat the request in a few seconds',
    ),
    retryAfter: 5,
  },
  database_read_only: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the database takes no writes, because it is a replica or default_transaction_read_only is on; point --database-url at the primary',
    ),
    retryAfter: 30,
  },
  database_disk_full: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the disk of the database server is full and nothing was changed; free space there, then repeat the request',
    ),
    retryAfter: 60,
  },
  database_out_of_resources: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the database server is out of memory or another resource and nothing was changed; its log says which',
    ),
    retryAfter: 10,
  },
  database_too_many_connections: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the database server has no connection left (Offramp takes up to 11); raise max_connections, or close connections of others',
    ),
    retryAfter: 5,
  },
  database_access_denied: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the database server refuses the user, its password or the database of --database-url; set them right there, then repeat the request',
    ),
    retryAfter: 30,
  },
  database_timeout: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the database did not answer in time; repeat the request, and look for long locks or a frozen server when that goes on',
    ),
    retryAfter: 5,
  },
  database_storage_failed: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the database server reports a fault of its disk or of itself; its log says which',
    ),
    retryAfter: 30,
  },
  database_conflict: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: another session of the database got in the way and nothing was changed; repeat the request',
    ),
    retryAfter: 1,
  },
  change_not_made: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the connection to the database broke before the change was committed, and nothing was changed; repeat the request',
    ),
    retryAfter: 1,
  },
  change_uncertain: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: the connection to the database broke while the change was being committed, and it is not known whether it was made; read the object before you repeat the request',
    ),
    retryAfter: 5,
    repeat: false,
  },
  database_lock_lost: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: (detail) =>
      `Service failure: changes are refused, because ${detail}; repeat the request, and send it to the other Offramp when there is one`,
    retryAfter: 2,
  },
  tokens_not_current: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: until the database is back it is not known whether this API token still exists; repeat the request',
    ),
    retryAfter: 2,
  },
  standby: {
    status: 503,
    code: 1000,
    source: SOURCE,
    text: as(
      'Service failure: this Offramp is a standby and serves GET /_offramp/health alone; send the request to the one that has the database',
    ),
    retryAfter: 5,
  },
} as const satisfies Record<string, ErrorRow>;
