import { z } from 'zod';
import { failures, type Listed, listOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery, pageRequest, sliced } from '../../../api/pagination.js';
import { text } from '../../../api/text.js';
import { oldestFirst } from '../../_kit/stored.js';
import { createTextSearch } from '../../_kit/text-search.js';
import type { Context } from '../../context.js';
import type { WorkingWorld } from '../../definitions.js';
import { poolIdsOf } from '../load-balancers/definition.js';
import { monitorReferences } from '../monitors/rules.js';
import { poolReferences } from '../pools/rules.js';
import { nameOf, type Reference, reference, referenceTo } from '../references.js';

const searchQuery = z.object({
  query: text(255).optional(),
  references: z.enum(['', '*', 'referral', 'referrer']).optional(),
  ...pageQuery(),
});

/** What is searched, in the order in which it is answered. */
const kind = z.enum(['load_balancer', 'monitor', 'pool']);
type Kind = z.output<typeof kind>;

const resource = reference
  .omit({ reference_type: true })
  .extend({ resource_type: kind, references: z.array(reference).optional() })
  .meta({ id: 'SearchedResource' });

/** Paged like a list, with the items one level deeper. */
const found = listOf(resource).extend({ result: z.object({ resources: z.array(resource) }) });

type SearchQuery = z.output<typeof searchQuery>;
type WireResource = z.output<typeof resource>;

export function searchRoutes(app: Http, { world }: Context): void {
  app.get(
    '/accounts/:account_id/load_balancers/search',
    {
      config: { family: 'lb' },
      schema: {
        tags: ['Load balancing search'],
        summary: 'Find load balancers, monitors and pools by what their names contain',
        params: z.object({ account_id: hexId }),
        querystring: searchQuery,
        response: { 200: found, ...failures },
      },
    },
    async ({ params, query }) => {
      const found = search(world, params.account_id, query);
      return { ...found, result: { resources: found.result } };
    },
  );
}

const PER_PAGE = 25;

type Row = ReturnType<WorkingWorld['pools' | 'monitors' | 'loadBalancers']['of']>[number];

const kindOf = ({ values }: Row): Kind =>
  'origins' in values ? 'pool' : 'name' in values ? 'load_balancer' : 'monitor';

/** What an object is found by: what it is called, and the addresses in a pool. */
const containing = createTextSearch<Row>((row) => [
  nameOf(row),
  ...('origins' in row.values ? row.values.origins.map(({ address }) => address) : []),
]);

/** One page of everything in the account whose name, or whose origin's address, contains the text. */
function search(world: WorkingWorld, accountId: string, query: SearchQuery): Listed<WireResource> {
  const all: readonly Row[] = [
    ...world.loadBalancers.by('account', accountId),
    ...world.monitors.of(accountId),
    ...world.pools.of(accountId),
  ];
  const found = containing(world.accounts.get(accountId)!, all, query.query ?? '');
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
