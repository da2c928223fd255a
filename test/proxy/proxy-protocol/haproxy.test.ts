import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { parseCidr } from '../../../src/net/addresses.js';
import { closedPort, listening } from '../../support/fake-origins.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../../support/live-objects.js';
import { newest } from '../../support/request-filters.js';
import { eventually } from '../../support/waiting.js';
import { ask } from '../ask.js';
import { httpOrigin } from '../fake-origin.js';
import { startHttpsRig } from '../https-rig.js';
import { HOST } from '../rig.js';
import { NAME, startTcpRig } from '../tcp/rig.js';

/** With the real program in front and behind; without it on the PATH these tests are skipped. */
const haproxy = spawnSync('haproxy', ['-v']).status === 0;
const trustedProxies = [parseCidr('127.0.0.0/8')!];
/** Another address of loopback than that of HAProxy: only its header tells it. */
const CLIENT = '127.0.0.42';

async function startHaproxy(sections: string, port: number): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'haproxy-'));
  const file = path.join(folder, 'haproxy.cfg');
  const defaults = 'defaults\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n';
  writeFileSync(file, `global\n log stderr local0 err\n${defaults}${sections}`);
  const child: ChildProcess = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await eventually(async () => {
    const socket = net.connect(port, '127.0.0.1');
    const listens = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
    ]);
    socket.destroy();
    return listens;
  });
}

async function startTraffic() {
  const seen: Record<string, unknown>[] = [];
  const origin = await httpOrigin(({ headers }, response) => {
    seen.push(headers);
    response.end('ok');
  });
  const rig = await startHttpsRig({
    origins: [origin.port],
    proxyProtocol: { http: 'require', https: 'require' },
    trustedProxies,
    healthPath: '/-/up',
  });
  return { rig, seen };
}

/** A GET from CLIENT, over TLS or not; the whole response. */
async function get(port: number, secure: boolean): Promise<string> {
  const tcp = net.connect({ port, host: '127.0.0.1', localAddress: CLIENT });
  const socket = secure
    ? tls.connect({ socket: tcp, servername: HOST, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : tcp;
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

test.skipIf(!haproxy).each(['send-proxy', 'send-proxy-v2', 'send-proxy-v2-ssl'])(
  'HAProxy in front with %s: clients keep their address, over HTTP and HTTPS',
  async (sends) => {
    const { rig, seen } = await startTraffic();
    const [plain, secure] = [await closedPort(), await closedPort()];
    await startHaproxy(
      `listen plain\n mode tcp\n bind 127.0.0.1:${plain}\n server s 127.0.0.1:${rig.port} ${sends}\n` +
        `listen secure\n mode tcp\n bind 127.0.0.1:${secure}\n server s 127.0.0.1:${rig.httpsPort} ${sends}\n`,
      secure,
    );
    for (const [port, isSecure] of [
      [plain, false],
      [secure, true],
    ] as const)
      expect(await get(port, isSecure)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/);
    expect(seen).toMatchObject([
      { 'cf-connecting-ip': CLIENT, 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'http' },
      { 'cf-connecting-ip': CLIENT, 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'https' },
    ]);
    expect(rig.requests.find(newest(10)).map(({ clientIp }) => clientIp)).toEqual([CLIENT, CLIENT]);
  },
);

test.skipIf(!haproxy)('HAProxy speaking HTTP is believed about its clients', async () => {
  const origin = await httpOrigin(({ headers }, response) =>
    response.end(String(headers['cf-connecting-ip'])),
  );
  const rig = await startHttpsRig({ origins: [origin.port], trustedProxies });
  const port = await closedPort();
  await startHaproxy(
    `listen web\n mode http\n option forwardfor\n bind 127.0.0.1:${port}\n server s 127.0.0.1:${rig.port}\n`,
    port,
  );
  expect(await get(port, false)).toMatch(new RegExp(`${CLIENT}$`));
});

test.skipIf(!haproxy)("HAProxy's default check, and one with a path, find the proxy up", async () => {
  const { rig } = await startTraffic();
  const [port, other, stats] = [await closedPort(), await closedPort(), await closedPort()];
  const server = `server s 127.0.0.1:${rig.port} send-proxy-v2 check check-send-proxy inter 200ms\n`;
  await startHaproxy(
    `listen plain\n mode http\n option httpchk\n bind 127.0.0.1:${port}\n ${server}` +
      `listen path\n mode http\n option httpchk GET /-/up\n bind 127.0.0.1:${other}\n ${server}` +
      `listen stats\n mode http\n bind 127.0.0.1:${stats}\n stats enable\n stats uri /\n`,
    stats,
  );
  await eventually(async () => {
    const { body } = await ask(stats, { path: '/;csv' });
    const checks = body.split('\n').filter((line) => /^(plain|path),s,/.test(line));
    return checks.length === 2 && checks.every((line) => line.includes('L7OK'));
  });
});

test.skipIf(!haproxy).each(['v1', 'v2'] as const)(
  'HAProxy behind a TCP port with proxy=%s knows the client',
  async (sendProxy) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (chunk) => socket.end(chunk));
    });
    const origin = await listening(server);
    const port = await closedPort();
    // It adds what it was told in a header of version 1, which the origin sends back.
    await startHaproxy(
      `listen db\n mode tcp\n bind 127.0.0.1:${port} accept-proxy\n server s 127.0.0.1:${origin.port} send-proxy\n`,
      port,
    );
    const rig = await startTcpRig({
      sendProxy,
      pools: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ port })] })],
      loadBalancers: [liveLoadBalancer({ name: NAME, defaultPools: ['pool'] })],
    });
    const client = net.connect({ port: rig.port, host: '127.0.0.1', localAddress: CLIENT });
    let text = '';
    client.on('data', (chunk: Buffer) => (text += chunk.toString()));
    client.write('query');
    await once(client, 'close');
    expect(text).toMatch(new RegExp(`^PROXY TCP4 ${CLIENT} 127\\.0\\.0\\.1 \\d+ ${rig.port}\\r\\n`));
  },
);
