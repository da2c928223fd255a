import type { Listed } from '../../../api/envelope.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { oldestFirst } from '../../_kit/stored.js';
import type { WorkingWorld } from '../../definitions.js';
import { poolIdsOf } from '../load-balancers/definition.js';
import { monitorReferences } from '../monitors/rules.js';
import { poolReferences } from '../pools/rules.js';
import { nameOf, type Reference, referenceTo } from '../references.js';
import type { Kind, SearchQuery, WireResource } from './schema.js';

const PER_PAGE = 25;

type Row = ReturnType<WorkingWorld['pools' | 'monitors' | 'loadBalancers']['of']>[number];

const kindOf = ({ values }: Row): Kind =>
  'origins' in values ? 'pool' : 'name' in values ? 'load_balancer' : 'monitor';

/** In lower case, NUL between the texts, which none of them has; made once for each state of an object. */
const haystacks = new WeakMap<Row, string>();

/** What an object is found by: what it is called, and the addresses in a pool. */
function haystackOf(row: Row): string {
  const known = haystacks.get(row);
  if (known !== undefined) return known;
  const addresses = 'origins' in row.values ? row.values.origins.map(({ address }) => address) : [];
  const text = [nameOf(row), ...addresses].join('\0').toLowerCase();
  haystacks.set(row, text);
  return text;
}

/** One page of everything in the account whose name, or whose origin's address, contains the text. */
export function search(world: WorkingWorld, accountId: string, query: SearchQuery): Listed<WireResource> {
  const wanted = (query.query ?? '').toLowerCase();
  const all: readonly Row[] = [
    ...world.loadBalancers.by('account', accountId),
    ...world.monitors.of(accountId),
    ...world.pools.of(accountId),
  ];
  const found = wanted === '' ? all : all.filter((row) => haystackOf(row).includes(wanted));
  const page = sliced(found, pageRequest(query, PER_PAGE));
  return { ...page, result: page.result.map((row) => resourceOf(world, row, query.references ?? '')) };
}

function resourceOf(
  world: WorkingWorld,
  row: Row,
  wanted: NonNullable<SearchQuery['references']>,
): WireResource {
  const kind = kindOf(row);
  const resource = { resource_type: kind, resource_id: row.id, resource_name: nameOf(row) };
  if (wanted === '') return resource;
  // Monitor groups are not searched.
  const references = REFERENCES[kind](world, row).filter(
    ({ reference_type, resource_type }) =>
      resource_type !== 'monitor_group' && (wanted === '*' || wanted === reference_type),
  );
  return { ...resource, references };
}

const REFERENCES: Readonly<Record<Kind, (world: WorkingWorld, row: Row) => Reference[]>> = {
  load_balancer: (world, { id }) =>
    poolIdsOf(world.loadBalancers.get(id)!)
      .map((poolId) => world.pools.get(poolId)!)
      .sort(oldestFirst)
      .map(referenceTo('referral', 'pool')),
  monitor: (world, { accountId, id }) => monitorReferences(world, accountId, id),
  pool: (world, { accountId, id }) => poolReferences(world, accountId, id),
};
