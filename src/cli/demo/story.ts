import type { Offramp } from '../../app/offramp.js';
import { type ApiClient, DEMO_EMAIL, DEMO_KEY } from './api-client.js';
import { ADDRESSES, type Cast } from './cast.js';
import { type DemoVisit, visit, visitUntil } from './visitor.js';

type Say = (text: string) => void;

/** The most that a change of health may take: one monitor interval, its timeout, and room for a busy machine. */
const PATIENCE_MS = 20_000;

/** Tells the main job step by step and checks each; throws at the first thing that does not happen. */
export async function tellStory(offramp: Offramp, api: ApiClient, cast: Cast, say: Say): Promise<void> {
  const look = () => visit(offramp.http, cast.host);
  const served = (name: string) => (seen: DemoVisit) => seen.origin === name;

  say(`\n2. Requests for ${cast.host} go to the private address ${ADDRESSES.blue}, through the connector`);
  await visitUntil(look, served('blue'), PATIENCE_MS);
  await showVisits(look, 3, say);

  say(`\n3. The documentation's PATCH puts ${ADDRESSES.green} into the pool`);
  const body = documentedPatch(cast.networkId);
  say(indent(curlPatch(offramp, cast, body)));
  await api('PATCH', `/accounts/${offramp.accountId}/load_balancers/pools/${cast.mainPoolId}`, body);
  const next = await look();
  say(`   the very next request: ${next.text.trim()}`);
  if (next.origin !== 'green')
    throw new Error(`traffic did not move: expected green, got ${next.status} ${next.text}`);

  say(`\n4. The server behind ${ADDRESSES.green} dies`);
  await cast.origins.green.kill();
  const moved = await visitUntil(look, served('standby'), PATIENCE_MS);
  const failed = moved.visits.filter(({ status }) => status !== 200).length;
  say(`   failover after ${seconds(moved.ms)}: ${moved.visits.at(-1)!.text.trim()}`);
  say(
    `   (until the monitor, which looks every second, noticed, ${failed} of ${moved.visits.length} requests failed: the pool has but one`,
  );
  say('   origin now; with another healthy one in it, each would have been retried there)');

  say(`\n5. It comes back`);
  await cast.origins.green.revive();
  const back = await visitUntil(look, served('green'), PATIENCE_MS);
  say(`   recovery after ${seconds(back.ms)}: ${back.visits.at(-1)!.text.trim()}`);

  say('\nThe health of the pool, as the API shows it:');
  const health = await api(
    'GET',
    `/accounts/${offramp.accountId}/load_balancers/pools/${cast.mainPoolId}/health`,
  );
  say(indent(JSON.stringify(health.pop_health)));
}

/** The body as Cloudflare's documentation of private pool origins has it, but for the network's id. */
function documentedPatch(networkId: string): string {
  const origin = {
    name: 'origin-1',
    address: ADDRESSES.green,
    enabled: true,
    weight: 1,
    virtual_network_id: networkId,
  };
  return JSON.stringify({ origins: [origin] }, null, '\t');
}

function curlPatch(offramp: Offramp, cast: Cast, body: string): string {
  return `curl --request PATCH \\
  --url ${offramp.apiUrl}/accounts/${offramp.accountId}/load_balancers/pools/${cast.mainPoolId} \\
  --header 'Content-Type: application/json' \\
  --header 'X-Auth-Email: ${DEMO_EMAIL}' \\
  --header 'X-Auth-Key: ${DEMO_KEY}' \\
  --data '${body}'`;
}

/** What to type while the demo stays up. */
export function thingsToTry(offramp: Offramp, cast: Cast): string {
  const auth = `-H 'X-Auth-Email: ${DEMO_EMAIL}' -H 'X-Auth-Key: ${DEMO_KEY}'`;
  const pools = `${offramp.apiUrl}/accounts/${offramp.accountId}/load_balancers/pools`;
  return `Try it:
   curl -H 'Host: ${cast.host}' http://${offramp.http}/
   curl -s ${auth} ${pools}
   curl -s ${auth} ${pools}/${cast.mainPoolId}/health
   API documentation: ${new URL(offramp.apiUrl).origin}/docs`;
}

async function showVisits(look: () => Promise<DemoVisit>, count: number, say: Say): Promise<void> {
  for (let i = 0; i < count; i++) say(`   ${(await look()).text.trim()}`);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const indent = (text: string) => text.replace(/^/gm, '   ');
