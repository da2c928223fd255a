import type { LiveMonitor } from '../../../state/snapshot.js';
import type { DatabaseClient } from '../../../storage/database.js';
import type { Definition } from '../../../storage/tables/definition.js';
import { shownValues } from '../../_kit/fields.js';
import { among, relationOf, type Stored, storedFrom, storedToWire } from '../../_kit/stored.js';
import { fields, initialOfType, type MonitorValues } from './fields.js';

export type Monitor = Stored<MonitorValues>;

export const monitors: Definition<Monitor, never> = {
  noun: 'monitor',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdOn }) => createdOn,
  indexes: {},
  relations: [relationOf<typeof fields, Monitor>('monitor', fields)],
  async load(db: DatabaseClient, ids) {
    const rows = await db.monitor.findMany({ where: among(ids) });
    return rows.map((row) => storedFrom(fields, row));
  },
};

/** The monitor as the data plane sees it. A method or path that was set to "" is asked for as if it had been left out. */
export function liveMonitor({ id, values }: Monitor): LiveMonitor {
  const initial = initialOfType(values.type);
  return {
    id,
    type: values.type,
    method: values.method || initial.method,
    path: values.path || initial.path,
    header: values.header,
    port: values.port,
    timeout: values.timeout,
    retries: values.retries,
    interval: values.interval,
    consecutiveUp: values.consecutive_up,
    consecutiveDown: values.consecutive_down,
    expectedBody: values.expected_body,
    expectedCodes: values.expected_codes,
    followRedirects: values.follow_redirects,
    allowInsecure: values.allow_insecure,
  };
}

export const monitorToWire = (monitor: Monitor) => storedToWire(monitor, shownValues(fields, monitor.values));
