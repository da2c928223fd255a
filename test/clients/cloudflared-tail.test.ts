import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { spawnCloudflared } from '../support/cloudflared.js';
import { CLOUDFLARED } from '../support/connectors.js';
import { startOfframp } from '../support/offramp.js';
import { runProgram } from '../support/program.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

const MANAGEMENT = 'logs.example.com';

/** Stands in for DNS: every connection that is asked of this proxy leads to `target`, whatever its name. */
async function startConnectProxy(target: string): Promise<string> {
  const [host, port] = target.split(':');
  const sockets = new Set<net.Socket>();
  const server = http.createServer().on('connect', (_request, client: net.Socket) => {
    const upstream = net.connect(Number(port), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.skipIf(!CLOUDFLARED)(
  "cloudflared tail shows a connector's log through a published host name",
  async () => {
    const offramp = await startOfframp();
    onTestFinished(async () => void (await offramp.stop()));
    const home = await mkdtemp(path.join(os.tmpdir(), 'offramp-tail-'));
    onTestFinished(() => rm(home, { recursive: true }));
    const api = apiOf(offramp);
    const { id } = await api.create('@/cfd_tunnel', { name: 'watched' });
    const content = `${id}.cfargotunnel.com`;
    for (const name of [MANAGEMENT, 'app.example.com'])
      await api.create('%/dns_records', { type: 'CNAME', name, content, proxied: true });
    const token = (await api.get(`@/cfd_tunnel/${id}/token`)).body.result;
    const access = (await api.post(`@/cfd_tunnel/${id}/management`, { resources: ['logs'] })).body.result;
    const { out: variables } = await runProgram(['env', '--api-url', offramp.apiUrl]);

    const connector = spawnCloudflared(
      ['tunnel', '--management-hostname', MANAGEMENT, 'run', '--token', token],
      variables,
      home,
    );
    onTestFinished(() => connector.stop());
    await eventually(async () => (await api.get(`@/cfd_tunnel/${id}`)).body.result.status === 'healthy');
    const proxy = await startConnectProxy(offramp.https);
    const tail = spawnCloudflared(
      ['tail', '--management-hostname', `${MANAGEMENT}:7883`, '--token', access],
      `export HTTPS_PROXY=${proxy} SSL_CERT_FILE=${offramp.edgeCa}`,
      home,
    );
    onTestFinished(() => tail.stop());
    const client = trafficClient(offramp.http);
    onTestFinished(() => client.close());
    await eventually(async () => {
      await client.get('app.example.com', '/a-path-to-look-for');
      return tail.output().includes('/a-path-to-look-for');
    });
    expect(tail.output()).toMatch(/http .*app\.example\.com/);
  },
);
