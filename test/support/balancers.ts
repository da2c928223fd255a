import { type Api, apiOf } from './api.js';
import { type SharedOfframp, sharedOfframp } from './shared-offramp.js';

/** An id that no object has. */
export const ABSENT_ID = '0'.repeat(32);

/** An Offramp with two pools for load balancers to name. */
export interface Balancers {
  readonly offramp: SharedOfframp;
  readonly api: Api;
  readonly primary: string;
  readonly secondary: string;
  newPool(name: string): Promise<string>;
  /** What a load balancer of the zone needs, under a name of its own. */
  bodyOf(fields?: object): Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  create(fields?: object): Promise<any>;
  /** Sends a body that must be refused as invalid; answers the message without its `: validation failed`. */
  refusal(fields: object, path?: string): Promise<string>;
}

export async function openBalancers(): Promise<Balancers> {
  const offramp = await sharedOfframp();
  const api = apiOf(offramp);
  const newPool = async (name: string): Promise<string> => {
    const origins = [{ name: 'a', address: '1.1.1.1' }];
    return (await api.create('@/load_balancers/pools', { name, origins })).id;
  };
  const [primary, secondary] = [await newPool('primary'), await newPool('secondary')];
  let count = 0;
  const bodyOf = (fields: object = {}) => ({
    name: `lb-${++count}.example.com`,
    default_pools: [primary],
    fallback_pool: secondary,
    ...fields,
  });
  return {
    offramp,
    api,
    primary,
    secondary,
    newPool,
    bodyOf,
    create: (fields) => api.create('%/load_balancers', bodyOf(fields)),
    async refusal(fields, path = '%/load_balancers') {
      const { status, body } = await api.post(path, bodyOf(fields));
      const [error] = body.errors;
      if (status !== 400 || error.code !== 1002 || !error.message.endsWith(': validation failed'))
        throw new Error(`expected a refusal, got ${status} ${JSON.stringify(body)}`);
      return error.message.replace(/: validation failed$/, '');
    },
  };
}
