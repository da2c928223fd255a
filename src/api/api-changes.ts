/** What Cloudflare has taken away from its API: the first day without it (UTC), and where that was announced. */
interface ApiChange {
  /** YYYY-MM-DD. */
  readonly since: string;
  readonly source: string;
}

/** The only table of them; `--api-date` says which of its rows are in force. */
export const API_CHANGES = {
  active_only_lists: {
    since: '2025-12-01',
    source: 'Cloudflare changelog of 2025-09-02: lists without is_deleted no longer show what is deleted',
  },
  no_routes_by_network: {
    since: '2026-10-05',
    source:
      'Cloudflare changelog of 2026-07-09: routes are named by their id alone, and no longer by their network',
  },
  no_listed_connections: {
    since: '2026-10-05',
    source: 'Cloudflare changelog of 2026-07-09: lists and GET of tunnels no longer show connections',
  },
} as const satisfies Record<string, ApiChange>;

export type ApiChangeName = keyof typeof API_CHANGES;

const DATES = Object.values(API_CHANGES).map(({ since }) => since as string);

/** With all changes in force: what Cloudflare serves now. */
export const NEWEST_API_DATE = DATES.reduce((newest, date) => (date > newest ? date : newest));

/** Before every change: all that was ever served. */
export const EARLIEST_API_DATE = '0001-01-01';

/** Whether the change is in force on a day of the API, YYYY-MM-DD. */
export const inForce = (change: ApiChangeName, apiDate: string): boolean =>
  API_CHANGES[change].since <= apiDate;

/** What the OpenAPI document says of an operation or a field that the change took away. */
export const removedBy = (change: ApiChangeName) => ({
  deprecated: true,
  description: `Removed on ${API_CHANGES[change].since}; served with an earlier --api-date.`,
});
