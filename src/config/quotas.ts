import { UsageError } from './parse.js';

/** How many there may be of each, in one account unless it says otherwise. */
export interface ObjectQuotas {
  readonly 'load-balancers': number;
  readonly pools: number;
  /** In one pool. */
  readonly origins: number;
  /** Shortest of a monitor, in seconds. */
  readonly interval: number;
  /** Regions that check one pool; ALL_REGIONS needs no limit at all. */
  readonly regions: number;
  readonly tunnels: number;
  readonly routes: number;
}

const NONE = Number.MAX_SAFE_INTEGER;

/** The limits of every plan but Enterprise, whose own are agreed upon: documented for load balancing and Zero Trust. */
const COMMON = {
  'load-balancers': 20,
  pools: 20,
  origins: 20,
  interval: 15,
  regions: 8,
  tunnels: 1000,
  routes: 1000,
} as const satisfies ObjectQuotas;

/** What plans have different is not all documented: free and pro have the interval of an error message that people meet. */
const PLANS = {
  free: { ...COMMON, interval: 60, regions: 1 },
  pro: { ...COMMON, interval: 60, regions: 4 },
  business: COMMON,
  enterprise: {
    ...COMMON,
    'load-balancers': NONE,
    pools: NONE,
    origins: NONE,
    interval: 10,
    regions: NONE,
  },
} as const satisfies Record<string, ObjectQuotas>;

type Plan = keyof typeof PLANS;
type Limit = keyof ObjectQuotas;
const isPlan = (name: string): name is Plan => Object.hasOwn(PLANS, name);
const isLimit = (name: string): name is Limit => Object.hasOwn(COMMON, name);

const RIGHT = `a plan (${Object.keys(PLANS).join(', ')}), or limits such as pools=20, or both: pro,origins=5; limits are ${Object.keys(COMMON).join(', ')}`;

/** Reads `pro`, `pools=5,origins=2` or `pro,origins=5`; what is not named is unlimited. Throws UsageError. */
export function parseQuotas(text: string): ObjectQuotas {
  let quotas: ObjectQuotas = { ...PLANS.enterprise, interval: 1, tunnels: NONE, routes: NONE };
  for (const [index, part] of text.split(',').entries()) {
    if (index === 0 && isPlan(part)) {
      quotas = PLANS[part];
      continue;
    }
    const [name = '', value = ''] = part.split('=');
    if (!isLimit(name) || !/^\d{1,9}$/.test(value))
      throw new UsageError(`--quotas is "${text}", of which "${part}" is not understood; it takes ${RIGHT}`);
    quotas = { ...quotas, [name]: Number(value) };
  }
  return quotas;
}
