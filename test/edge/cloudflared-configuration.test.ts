import { afterEach, describe, expect, test } from 'vitest';
import { type Cloudflared, cloudflaredBinary, runCloudflared } from './cloudflared-process.js';
import { cleanUp, startEdge, type TestEdge, type TestTunnel, until } from './fixture.js';

const serving = (status: number) => JSON.stringify({ ingress: [{ service: `http_status:${status}` }] });
const configure = (edge: TestEdge, { id }: TestTunnel, version: number, config: string) =>
  edge.addTunnel({ id, configuration: { version, config } });
const statesOf = ({ edge }: TestEdge, { id }: TestTunnel) =>
  edge.connections(id).map(({ configuration }) => configuration);
const allAt = (edge: TestEdge, tunnel: TestTunnel, applied: number) => () => {
  const states = statesOf(edge, tunnel);
  return states.length === 4 && states.every((state) => state.applied === applied && !state.failed);
};

async function followed(cloudflared: Cloudflared): Promise<[number, string[]]> {
  const { version, config } = await cloudflared.configuration();
  return [version, config.ingress.map(({ service }) => service)];
}

describe.skipIf(!cloudflaredBinary)('an unmodified cloudflared', () => {
  afterEach(cleanUp);

  test('goes by what it is told, and keeps what it had when it cannot', async () => {
    const edge = await startEdge();
    const tunnel = edge.addTunnel({ configuration: { version: 0, config: '{}' } });
    const cloudflared = await runCloudflared(edge, tunnel.token);
    await until(allAt(edge, tunnel, 0));
    expect(await followed(cloudflared)).toEqual([0, ['http_status:503']]);

    configure(edge, tunnel, 1, serving(404));
    await edge.edge.configured(60_000);
    expect(await followed(cloudflared)).toEqual([1, ['http_status:404']]);
    expect(statesOf(edge, tunnel)).toEqual(Array(4).fill({ applied: 1, failed: null }));

    configure(edge, tunnel, 2, '{"ingress":[{"service":"http_status:1"}]}');
    await edge.edge.configured(60_000);
    const failed = { version: 2, reason: 'refused it and stays with version 1; its log says why' };
    expect(statesOf(edge, tunnel)).toEqual(Array(4).fill({ applied: 1, failed }));
    expect(await followed(cloudflared)).toEqual([1, ['http_status:404']]);

    configure(edge, tunnel, 3, serving(405));
    await edge.edge.configured(60_000);
    expect(await followed(cloudflared)).toEqual([3, ['http_status:405']]);
  });

  test('tells the configuration that it was started with, and goes by ours when its tunnel gets one', async () => {
    const edge = await startEdge();
    const tunnel = edge.addTunnel();
    const told: string[] = [];
    edge.edge.onLocalConfiguration((_id, config) => told.push(config));
    const rules =
      'ingress: [{hostname: a.example.com, path: "^/b$", service: "http://a"}, {service: "http_status:418"}]';
    const cloudflared = await runCloudflared(edge, tunnel.token, `${rules}\n`);
    await until(() => edge.edge.connections(tunnel.id).length === 4);
    expect(told.map((config) => JSON.parse(config))).toMatchObject([
      {
        __configuration_flags: { protocol: 'http2' },
        ingress: [
          { hostname: 'a.example.com', path: '^/b$', service: 'http://a' },
          { service: 'http_status:418' },
        ],
      },
    ]);
    expect(await followed(cloudflared)).toEqual([-1, ['http://a', 'http_status:418']]);
    configure(edge, tunnel, 1, serving(404));
    await until(allAt(edge, tunnel, 1));
    expect(await followed(cloudflared)).toEqual([1, ['http_status:404']]);
  });

  test('that has a newer version than its tunnel says so', async () => {
    const edge = await startEdge();
    const tunnel = edge.addTunnel({ configuration: { version: 7, config: serving(404) } });
    await runCloudflared(edge, tunnel.token);
    await until(allAt(edge, tunnel, 7));
    configure(edge, tunnel, 3, serving(405));
    await edge.edge.configured(60_000);
    const reason = 'stays with version 7, which is newer, until it is started again';
    expect(statesOf(edge, tunnel)).toEqual(Array(4).fill({ applied: 7, failed: { version: 3, reason } }));
  });
});
