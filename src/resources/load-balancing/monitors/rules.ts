import { ApiError } from '../../../api/errors.js';
import { create, type WriteRules, writesOf } from '../../_kit/change.js';
import { oldestFirst } from '../../_kit/stored.js';
import type { Settings } from '../../context.js';
import type { WorkingWorld } from '../../definitions.js';
import type { Pool } from '../pools/definition.js';
import { type Reference, referenceTo } from '../references.js';
import type { Monitor } from './definition.js';
import { fields, initialOfType, type MonitorBody, type MonitorValues, speaksHttp } from './fields.js';
import { checkLimits, HTTP_ONLY } from './limits.js';

function getMonitor(world: WorkingWorld, accountId: string, id: string): Monitor {
  const monitor = world.monitors.get(id);
  if (monitor?.accountId !== accountId) throw new ApiError('lb_object_missing', 'monitor');
  return monitor;
}

const rulesFor = (
  { minMonitorInterval }: Settings,
  accountId: string,
): WriteRules<typeof fields, Monitor> => ({
  declaration: fields,
  identity: (id) => ({ id, accountId }),
  initial: ({ type }: MonitorBody, before) =>
    initialOfType((type === undefined ? before?.values.type : type) ?? 'http'),
  base: ({ values }, initial) => convertible(values, initial),
  check: (values) => checkLimits(values, minMonitorInterval),
});

export const monitorWrites = (settings: Settings) =>
  writesOf(
    ({ monitors }) => monitors,
    getMonitor,
    (world, accountId) => ({
      ...rulesFor(settings, accountId),
      inUse: (id) => monitorReferences(world, accountId, id).length > 0,
    }),
  );

/** The monitor that `body` describes, not stored, so that its id and times mean nothing; throws what the first broken rule says. */
export const madeMonitor = (settings: Settings, accountId: string, body: MonitorBody): Monitor =>
  create(rulesFor(settings, accountId), { put: () => undefined }, NOT_STORED, body);

const NOT_STORED = { now: new Date(0), ids: { hex: () => '', uuid: () => '' } };

/** A monitor that changes between HTTP and something else starts over with the fields that only make sense for HTTP. */
function convertible(stored: MonitorValues, initial: MonitorValues): MonitorValues {
  if (speaksHttp(stored.type) === speaksHttp(initial.type)) return stored;
  return { ...stored, ...Object.fromEntries(HTTP_ONLY.map((name) => [name, initial[name]])) };
}

/** The pools and monitor groups that use the monitor. */
export function monitorReferences(world: WorkingWorld, accountId: string, id: string): Reference[] {
  getMonitor(world, accountId, id);
  return [
    ...world.pools.by('monitor', id).map(referenceTo('referrer', 'pool')),
    ...world.monitorGroups.by('monitor', id).map(referenceTo('referrer', 'monitor_group')),
  ];
}

/** The pools that the monitor watches, by itself or in a group, oldest first. */
export function poolsWatchedBy(world: WorkingWorld, accountId: string, id: string): Pool[] {
  getMonitor(world, accountId, id);
  const groups = world.monitorGroups.by('monitor', id);
  return [
    ...world.pools.by('monitor', id),
    ...groups.flatMap((group) => world.pools.by('monitor_group', group.id)),
  ].sort(oldestFirst);
}
