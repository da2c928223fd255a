import {
  buildSchema,
  type DocumentNode,
  execute,
  type FieldNode,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLResolveInfo,
  Kind,
  parse,
  type SelectionSetNode,
  specifiedRules,
  VariablesInAllowedPositionRule,
  validate,
} from 'graphql';
import type { RequestReport } from '../bridge/reports.js';
import type { ZoneFacts } from './facts.js';
import { type DatasetFilter, filterType, orderType, rowType } from './fields.js';
import { FIELDS, latestRequests, NESTED, NESTED_FIELDS } from './latest-requests.js';
import { DIMENSIONS, requestGroups, type Wanted } from './request-groups.js';
import type { MinuteCount } from './traffic-minutes.js';

/** What a query may look at. */
export interface Source {
  /** Whose load balancers the credential may read. */
  zones(): readonly { readonly id: string; readonly accountId: string }[];
  facts(zoneId: string, accountId: string): Promise<ZoneFacts>;
  counts(): Promise<readonly MinuteCount[]>;
  /** The newest first. */
  latest(): Promise<readonly RequestReport[]>;
  readonly now: () => Date;
}

export interface Question {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

const MAX_TOKENS = 2_000;
/** Each looks at everything that is kept. */
const MAX_DATASETS = 20;
const MAX_LIMIT = 10_000;

const GROUPS = 'ZoneLoadBalancingRequestsAdaptiveGroups';
const LATEST = 'ZoneLoadBalancingRequestsAdaptive';

/** Names of types are Cloudflare's where clients write them: in the declarations of variables. */
const schema = buildSchema(`
scalar string
scalar Time
scalar uint8
scalar uint32
scalar uint64
scalar float64
scalar Int
scalar Float
type Query { viewer: Viewer! }
type Viewer { zones(filter: ZoneFilter_InputObject, limit: uint64): [zone!]! }
input ZoneFilter_InputObject { zoneTag: string zoneTag_in: [string!] }
type zone {
  zoneTag: string!
  loadBalancingRequestsAdaptiveGroups(filter: ${GROUPS}Filter_InputObject, orderBy: [${GROUPS}OrderBy!], limit: uint64!): [${GROUPS}!]!
  loadBalancingRequestsAdaptive(filter: ${LATEST}Filter_InputObject, orderBy: [${LATEST}OrderBy!], limit: uint64!): [${LATEST}!]!
}
type ${GROUPS} { count: uint64! avg: ${GROUPS}Avg! dimensions: ${GROUPS}Dimensions! }
type ${GROUPS}Avg { sampleInterval: float64! }
${rowType(`${GROUPS}Dimensions`, DIMENSIONS)}
${filterType(`${GROUPS}Filter_InputObject`, DIMENSIONS)}
${orderType(`${GROUPS}OrderBy`, ['count', ...Object.keys(DIMENSIONS)])}
${NESTED}
${rowType(LATEST, FIELDS, NESTED_FIELDS)}
${filterType(`${LATEST}Filter_InputObject`, FIELDS)}
${orderType(`${LATEST}OrderBy`, Object.keys(FIELDS))}
`);

/** Clients declare variables with types of their own choice, `String` for `string`; values are checked where they are used. */
const RULES = specifiedRules.filter((rule) => rule !== VariablesInAllowedPositionRule);

/** Never rejects for a mistake in the query: that is part of the answer, as everywhere in GraphQL. */
export async function answerGraphql(
  { query, variables, operationName }: Question,
  source: Source,
): Promise<object> {
  const failed = (errors: readonly GraphQLError[]) => ({
    data: null,
    errors: errors.map((error) => shown(error, source)),
  });
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: MAX_TOKENS, noLocation: true });
  } catch (error) {
    return failed([error as GraphQLError]);
  }
  const mistakes = validate(schema, document, RULES, { maxErrors: 10 });
  if (mistakes.length > 0) return failed(mistakes);
  const result = await execute({
    ...{ schema, document },
    ...(variables ? { variableValues: variables } : {}),
    ...(operationName ? { operationName } : {}),
    rootValue: { viewer: viewerOf(source) },
  });
  return {
    data: (result.data as FormattedExecutionResult['data']) ?? null,
    errors: result.errors ? result.errors.map((error) => shown(error, source)) : null,
  };
}

interface ZonesArguments {
  readonly filter?: { readonly zoneTag?: string; readonly zoneTag_in?: readonly string[] };
  readonly limit?: unknown;
}
type DatasetArguments = Partial<Wanted>;

function viewerOf(source: Source) {
  let datasets = 0;
  const wantedOf = ({ filter, orderBy, limit }: DatasetArguments): Wanted => {
    datasets += 1;
    if (datasets > MAX_DATASETS)
      throw new GraphQLError(`a query may ask for ${MAX_DATASETS} datasets, counted for each zone`);
    return {
      filter: (filter ?? {}) as DatasetFilter,
      orderBy: orderBy ?? [],
      limit: limitOf(limit, MAX_LIMIT),
    };
  };

  return {
    zones({ filter = {}, limit }: ZonesArguments) {
      const { zoneTag, zoneTag_in: tags } = filter;
      const wanted = zoneTag === undefined ? (tags ?? null) : [zoneTag];
      const open = source.zones();
      const zones =
        wanted?.map((tag) => {
          const zone = open.find(({ id }) => id === tag);
          if (zone) return zone;
          throw new GraphQLError(
            `there is no zone ${tag}, or the credential may not read its load balancers`,
          );
        }) ?? open;
      return zones.slice(0, limit === undefined ? zones.length : limitOf(limit, MAX_LIMIT)).map(zoneOf);
    },
  };

  function zoneOf({ id, accountId }: { readonly id: string; readonly accountId: string }) {
    let known: Promise<ZoneFacts> | undefined;
    const facts = () => {
      known ??= source.facts(id, accountId);
      return known;
    };
    return {
      zoneTag: id,
      async loadBalancingRequestsAdaptiveGroups(
        asked: DatasetArguments,
        _context: unknown,
        info: GraphQLResolveInfo,
      ) {
        const wanted = wantedOf(asked);
        return requestGroups(await source.counts(), await facts(), dimensionsIn(info), wanted);
      },
      async loadBalancingRequestsAdaptive(asked: DatasetArguments) {
        const wanted = wantedOf(asked);
        return latestRequests(await source.latest(), await facts(), wanted);
      },
    };
  }
}

function limitOf(given: unknown, most: number): number {
  if (Number.isSafeInteger(given) && Number(given) >= 1 && Number(given) <= most) return Number(given);
  throw new GraphQLError(`limit is ${JSON.stringify(given)}; it takes 1 up to ${most}`);
}

/** The names of the dimensions that the answer shows. */
function dimensionsIn({ fieldNodes, fragments }: GraphQLResolveInfo): string[] {
  const fieldsIn = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.flatMap((one) => {
      if (one.kind === Kind.FIELD) return [one];
      return fieldsIn(
        one.kind === Kind.INLINE_FRAGMENT ? one.selectionSet : fragments[one.name.value]!.selectionSet,
      );
    });
  const below = (nodes: readonly FieldNode[]) =>
    nodes.flatMap(({ selectionSet }) => (selectionSet ? fieldsIn(selectionSet) : []));
  const dimensions = below(fieldNodes).filter(({ name }) => name.value === 'dimensions');
  return [...new Set(below(dimensions).map(({ name }) => name.value))].filter((name) => name in DIMENSIONS);
}

/** As Cloudflare shows them. */
function shown({ message, path, originalError }: GraphQLError, { now }: Pick<Source, 'now'>) {
  // What is thrown on purpose has its own words; of anything else nobody outside learns the text.
  const known = !originalError || originalError instanceof GraphQLError;
  return {
    message: known ? withAdvice(message) : 'internal error',
    path: path ?? null,
    extensions: { timestamp: now().toISOString() },
  };
}

const withAdvice = (message: string) =>
  /^Cannot query field .* on type "(zone|Viewer)"/.test(message)
    ? `${message} Offramp has the zones' datasets loadBalancingRequestsAdaptiveGroups and loadBalancingRequestsAdaptive, and no other.`
    : message;
