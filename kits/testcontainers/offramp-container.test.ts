import { readFileSync } from 'node:fs';
import { useOfframp } from '@offramp-ltm/offramp/testing';
import type { StartedTestContainer } from 'testcontainers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OfframpContainer, startedOfframp } from './offramp-container.js';

/** What it would have an engine start. */
class Planned extends OfframpContainer {
  async plan() {
    await this.beforeContainerCreated();
    const { Env: env, Cmd: command } = this.createOpts;
    return { env, command, ports: this.exposedPorts, image: this.imageName.string, wait: this.waitStrategy };
  }
}

const DOCKERFILE = readFileSync(new URL('Dockerfile', import.meta.url), 'utf8');

test('the image is started in memory, for others, with a token, and every TCP port of the Dockerfile', async () => {
  const { env, command, ports, image, wait } = await new Planned('offramp:test')
    .withFlags('--region=WEU')
    .plan();
  expect(image).toBe('offramp:test');
  expect(command).toEqual(['start', '--memory', '--min-monitor-interval=1', '--region=WEU']);
  expect(env).toContain('OFFRAMP_HOST=0.0.0.0');
  expect(env?.filter((one: string) => /^OFFRAMP_API_TOKEN=\w{48}$/.test(one))).toHaveLength(1);
  const exposed = /^EXPOSE (.*)$/m
    .exec(DOCKERFILE)![1]!
    .split(' ')
    .filter((port) => !port.endsWith('/udp'));
  expect([...ports].sort()).toEqual(exposed.map((port) => Number.parseInt(port, 10)).sort());
  expect(wait).toMatchObject({ path: '/_offramp/ready', port: 7840 });
});

test('a token that is given takes the place of the one that is made up', async () => {
  const { env } = await new Planned('offramp').withApiToken('a-token-of-more-than-32-characters-0').plan();
  expect(env?.filter((one: string) => one.startsWith('OFFRAMP_API_TOKEN='))).toEqual([
    'OFFRAMP_API_TOKEN=a-token-of-more-than-32-characters-0',
  ]);
});

const TOKEN = 'another-token-of-more-than-32-characters';
const offramp = useOfframp({ beforeAll, afterAll, start: { apiToken: TOKEN } });

test('what is started tells its addresses, account and zone', async () => {
  // The ports of an Offramp without a container, which an engine would have mapped so.
  const ports: Readonly<Record<number, string>> = {
    7840: new URL(offramp.apiUrl).host,
    7844: offramp.edge,
    7880: offramp.http,
    7883: offramp.https,
    7853: offramp.dns,
  };
  const engine = {
    getHost: () => '127.0.0.1',
    getMappedPort: (port: number) => Number(ports[port]!.split(':')[1]),
  } as unknown as StartedTestContainer;
  const started = await startedOfframp(engine, TOKEN);
  expect(started.getApiUrl()).toBe(offramp.apiUrl);
  expect([started.getHttp(), started.getHttps(), started.getDns(), started.getEdge()]).toEqual([
    offramp.http,
    offramp.https,
    offramp.dns,
    offramp.edge,
  ]);
  expect(await started.getEdgeCa()).toBe(readFileSync(offramp.edgeCa, 'utf8'));
  const zone = await offramp.api('GET', `/zones/${started.getZoneId()}`);
  expect([started.getDomain(), zone.name]).toEqual(['offramp.test', 'offramp.test']);
  expect(zone.account.id).toBe(started.getAccountId());
  expect(started.getEnv()).toMatchObject({
    CLOUDFLARE_BASE_URL: offramp.apiUrl,
    CLOUDFLARE_API_TOKEN: TOKEN,
  });
  await expect(startedOfframp(engine, 'a-wrong-token-of-more-than-32-characters')).rejects.toThrow(
    'GET /accounts answered 40',
  );
});
