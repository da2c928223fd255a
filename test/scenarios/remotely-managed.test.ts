import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOUDFLARED, type ConnectorKind } from '../support/connectors.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

describe.each<[ConnectorKind, boolean]>([
  ['ours', true],
  ['cloudflared', CLOUDFLARED !== undefined],
])('with the connector %s', (kind, available) => {
  if (!available) {
    test.skip('CLOUDFLARED_BIN does not name a cloudflared binary', () => undefined);
    return;
  }
  let lab: SharedLab;
  beforeAll(async () => {
    lab = await openSharedLab();
  });
  afterAll(() => lab.close());

  test('a tunnel that is configured remotely reaches private origins, and goes on when it is configured again', async () => {
    const configure = async () => {
      const config = { ingress: [{ service: 'http_status:404' }] };
      const put = await lab.api.put(`@/cfd_tunnel/${lab.tunnelId}/configurations`, { config });
      expect(put.status).toBe(200);
      return put.body.messages;
    };
    const versions = async () =>
      (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body.result.map(
        ({ config_version }: { config_version: number }) => config_version,
      );
    await configure();
    expect((await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}`)).body.result.config_src).toBe('cloudflare');
    const origin = await lab.startOrigin('private');
    const pool = await lab.createPool('private', [origin]);
    await lab.createLoadBalancer('remote.example.com', [pool]);
    await lab.connect(kind);
    const client = trafficClient(lab.offramp.http);
    const served = async () => (await client.get('remote.example.com')).body === 'private';
    await eventually(served);

    const connections = async () =>
      (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body.result.flatMap(
        ({ conns }: { conns: { id: string }[] }) => conns.map(({ id }) => id),
      );
    await eventually(async () => (await connections()).length === 4);
    const before = await connections();
    const path = `@/cfd_tunnel/${lab.tunnelId}/connectors`;
    const [connector] = (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body.result;
    expect((await lab.api.get(`${path}/${connector.id}`)).body.result).toEqual(connector);
    const stranger = await lab.api.get(`${path}/11111111-2222-4333-8444-555555555555`);
    expect([stranger.status, stranger.body.errors[0].code]).toEqual([404, 1020]);

    if (kind === 'cloudflared') {
      await eventually(async () => (await versions())[0] === 1);
      expect(await configure()).toEqual([]);
      expect(await versions()).toEqual([2]);
    }
    await configure();
    expect(await served()).toBe(true);
    expect(await connections()).toEqual(before);
    client.close();
  });
});
