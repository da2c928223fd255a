import http from 'node:http';
import { text } from 'node:stream/consumers';
import Cloudflare from 'cloudflare';
import { OfframpContainer, type StartedOfframpContainer } from 'offramp-testcontainers';
import {
  GenericContainer,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MINUTES = 60_000;
/** `docker build -t offramp .` makes it. */
const IMAGE = process.env.OFFRAMP_IMAGE ?? 'offramp';

let network: StartedNetwork;
let origin: StartedTestContainer;
let offramp: StartedOfframpContainer;
beforeAll(async () => {
  network = await new Network().start();
  origin = await new GenericContainer('nginx:alpine')
    .withNetwork(network)
    .withExposedPorts(80)
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  offramp = await new OfframpContainer(IMAGE)
    .withNetwork(network)
    .withFlags('--direct-network=0.0.0.0/0')
    .start();
}, 5 * MINUTES);
afterAll(async () => {
  await offramp?.stop();
  await origin?.stop();
  await network?.stop();
}, MINUTES);

test('traffic goes to a container beside it', async () => {
  const { loadBalancers } = new Cloudflare({ baseURL: offramp.getApiUrl(), apiToken: offramp.getApiToken() });
  const pool = await loadBalancers.pools.create({
    account_id: offramp.getAccountId(),
    name: 'main',
    origins: [{ name: 'nginx', address: origin.getIpAddress(network.getName()) }],
  });
  const host = `www.${offramp.getDomain()}`;
  await loadBalancers.create({
    zone_id: offramp.getZoneId(),
    name: host,
    default_pools: [pool.id!],
    fallback_pool: pool.id!,
    proxied: true,
  });
  const [hostname, port] = offramp.getHttp().split(':');
  const body = await new Promise<string>((resolve, reject) => {
    http
      .get({ hostname, port, headers: { host } }, (response) => resolve(text(response)))
      .on('error', reject);
  });
  expect(body).toContain('Welcome to nginx');
});
