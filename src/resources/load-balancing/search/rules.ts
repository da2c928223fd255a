import { oldestFirst } from '../../_kit/stored.js';
import type { WorkingWorld } from '../../definitions.js';
import { poolIdsOf } from '../load-balancers/definition.js';
import { type Reference, referenceTo } from '../references.js';
import { KINDS, type Kind, type SearchQuery, type WireResource } from './schema.js';
import { type Window, windowsOf } from './windows.js';

interface Labelled {
  readonly id: string;
  readonly name: string;
}

/** An object, what it is called, and what it is found by. */
interface Found extends Labelled {
  readonly texts: readonly string[];
}

/** In lower case, NUL between the texts, which none of them has; made once for each state of an object. */
const haystacks = new WeakMap<object, string>();

const SEARCHES: Readonly<Record<Kind, (world: WorkingWorld, accountId: string) => readonly object[]>> = {
  load_balancer: (world, accountId) => world.loadBalancers.by('account', accountId),
  monitor: (world, accountId) => world.monitors.of(accountId),
  pool: (world, accountId) => world.pools.of(accountId),
};

type Row = ReturnType<WorkingWorld['pools' | 'monitors' | 'loadBalancers']['of']>[number];

/** A monitor is called by its description; a pool is also found by an address in it. */
function foundBy(row: Row): Found {
  const { id, values } = row;
  if (!('name' in values)) return { id, name: values.description, texts: [values.description] };
  const addresses = 'origins' in values ? values.origins.map(({ address }) => address) : [];
  return { id, name: values.name, texts: [values.name, ...addresses] };
}

function haystackOf(row: Row): string {
  const known = haystacks.get(row);
  if (known !== undefined) return known;
  const text = foundBy(row).texts.join('\0').toLowerCase();
  haystacks.set(row, text);
  return text;
}

/** One page of everything in the account whose name, or whose origin's address, contains the text. */
export function search(
  world: WorkingWorld,
  accountId: string,
  { query = '', references = '' }: SearchQuery,
  page: Window,
): { resources: WireResource[]; total: number } {
  const wanted = query.toLowerCase();
  const matches = KINDS.map((kind) => {
    const rows = SEARCHES[kind](world, accountId) as readonly Row[];
    return wanted === '' ? rows : rows.filter((row) => haystackOf(row).includes(wanted));
  });
  const counts = matches.map(({ length }) => length);
  const resources = windowsOf(counts, page).flatMap(({ skip, take }, index) => {
    const kind = KINDS[index]!;
    return matches[index]!.slice(skip, skip + take).map((row) => ({
      resource_type: kind,
      resource_id: row.id,
      resource_name: foundBy(row).name,
      ...(references === '' ? {} : { references: referencesOf(world, kind, row, references) }),
    }));
  });
  return { resources, total: counts.reduce((sum, count) => sum + count, 0) };
}

type Direction = Reference['reference_type'];

function referencesOf(
  world: WorkingWorld,
  kind: Kind,
  { id }: Row,
  wanted: NonNullable<SearchQuery['references']>,
): Reference[] {
  const links: [Direction, Kind, readonly Row[]][] =
    kind === 'load_balancer'
      ? [['referral', 'pool', poolsOf(world, id)]]
      : kind === 'monitor'
        ? [['referrer', 'pool', world.pools.by('monitor', id)]]
        : [
            ['referrer', 'load_balancer', world.loadBalancers.by('pool', id)],
            ['referral', 'monitor', monitorOf(world, id)],
          ];
  return links
    .filter(([direction]) => wanted === '*' || wanted === direction)
    .flatMap(([direction, to, rows]) => rows.map((row) => referenceTo(direction, to, foundBy(row))));
}

/** Oldest first. */
function poolsOf(world: WorkingWorld, balancerId: string): Row[] {
  return poolIdsOf(world.loadBalancers.get(balancerId)!)
    .map((id) => world.pools.get(id)!)
    .sort(oldestFirst);
}

function monitorOf(world: WorkingWorld, poolId: string): Row[] {
  const monitor = world.pools.get(poolId)?.values.monitor;
  const row = monitor ? world.monitors.get(monitor) : undefined;
  return row ? [row] : [];
}
