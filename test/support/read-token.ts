import { type Api, apiOf } from './api.js';
import type { RunningOfframp } from './offramp.js';

/** A token that was made through the API and may only read pools, with a client that uses it. */
export async function createReadToken(offramp: RunningOfframp): Promise<{ id: string; reader: Api }> {
  const api = apiOf(offramp);
  const groups: { id: string; name: string }[] = (await api.get('/user/tokens/permission_groups')).body
    .result;
  const group = groups.find(({ name }) => name === 'Load Balancing: Monitors and Pools Read')!;
  const resources = { [`com.cloudflare.api.account.${offramp.accountId}`]: '*' };
  const policies = [{ effect: 'allow', resources, permission_groups: [{ id: group.id }] }];
  const token = await api.create('/user/tokens', { name: 'reader', policies });
  return { id: token.id, reader: apiOf(offramp, token.value) };
}
