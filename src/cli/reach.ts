import { UsageError } from '../config/parse.js';
import { type Asking, ask } from './ask.js';
import type { Reached, StandIn } from './client-variables.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Asks a running Offramp for what its clients need to know; throws UsageError when it does not answer. */
export async function reach(
  flags: Asking & { readonly 'api-url': string },
): Promise<{ readonly reached: Reached; readonly standIn: StandIn | null }> {
  const apiUrl = flags['api-url'].replace(/\/$/, '');
  const account = await first(`${apiUrl}/accounts`, flags);
  const zone = await first(`${apiUrl}/zones?account.id=${account.id}`, flags);
  const health = await ask(`${new URL(apiUrl).origin}/_offramp/health`, flags);
  const { edge, edge_ca, stand_in } = health.services as Services;
  const ids = { accountId: account.id, zoneId: zone.id, domain: zone.name };
  return { reached: { apiUrl, edge, edgeCa: edge_ca, ...ids }, standIn: stand_in };
}

interface Services {
  readonly edge: { readonly host: string; readonly port: number };
  readonly edge_ca: string;
  readonly stand_in: StandIn | null;
}

async function first(url: string, asking: Asking): Promise<Named> {
  const { result } = (await ask(url, asking)) as { result?: Named[] };
  if (!result?.[0])
    throw new UsageError(`${url} has nothing to show; is this an Offramp with an account and a zone?`);
  return result[0];
}
