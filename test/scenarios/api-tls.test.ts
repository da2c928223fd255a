import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { issueLeaf } from '../../src/tunnel/edge/authority.js';
import { testAuthority } from '../proxy/https-rig.js';
import { closedPort } from '../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { runProgram } from '../support/program.js';
import { eventually } from '../support/waiting.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'offramp-api-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(...flags: string[]): Promise<RunningOfframp> {
  const offramp = await startOfframp(flags);
  onTestFinished(() => offramp.stop().then(() => undefined));
  return offramp;
}

let shared: Promise<RunningOfframp> | undefined;
/** With the certificate of our own CA; the last test that asks for it ends it. */
function withOwnCertificate(): Promise<RunningOfframp> {
  shared ??= startOfframp(['--api-tls']);
  return shared;
}
afterAll(async () => void (await (await shared)?.stop()));

interface Question {
  readonly ca: string;
  readonly servername?: string;
  readonly path?: string;
}

/** `servername` is the name under which the API is reached. */
async function get(
  { apiUrl }: RunningOfframp,
  { ca, servername = '127.0.0.1', path = '/client/v4/accounts' }: Question,
) {
  const { port } = new URL(apiUrl);
  const request = https.get({
    host: '127.0.0.1',
    port,
    path,
    ca,
    agent: false,
    ...(net.isIP(servername) ? {} : { servername }),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(servername, certificate),
    headers: { host: 'localhost', authorization: 'Bearer test-token' },
  });
  const [response] = await once(request, 'response');
  return {
    status: response.statusCode,
    headers: response.headers,
    text: (await response.toArray()).join(''),
  };
}

test('--api-tls: our own CA signs for localhost, this machine and the names that are given, and api_url is https', async () => {
  const offramp = await start(
    '--api-tls',
    '--api-tls-name',
    'offramp',
    '--api-tls-name',
    'API.example.com',
    '--api-tls-name',
    '10.1.2.3',
  );
  expect(offramp.apiUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/client\/v4$/);
  const ca = readFileSync(offramp.edgeCa, 'utf8');
  const names = [
    '127.0.0.1',
    'localhost',
    '::1',
    os.hostname().toLowerCase(),
    'offramp',
    'api.example.com',
    '10.1.2.3',
  ];
  for (const servername of names) expect((await get(offramp, { ca, servername })).status).toBe(200);
  // Nobody takes it for the edge, whose names connectors verify.
  for (const servername of ['h2.cftunnel.com', 'elsewhere.example.com'])
    await expect(get(offramp, { ca, servername })).rejects.toThrow(/altnames/);
  const { headers } = await get(offramp, { ca });
  expect([headers['cache-control'], headers['x-content-type-options']]).toEqual(['no-store', 'nosniff']);
  expect(JSON.parse((await get(offramp, { ca, path: '/_offramp/health' })).text).status).toBe('ok');
});

test('what speaks no TLS, or an old one, is cut off, and disturbs nobody', async () => {
  const offramp = await withOwnCertificate();
  const port = Number(new URL(offramp.apiUrl).port);
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect((await socket.toArray()).join('')).not.toContain('HTTP/1.1 2');
  const old = tls.connect({
    port,
    host: '127.0.0.1',
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    rejectUnauthorized: false,
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  await expect(once(old, 'secureConnect')).rejects.toThrow();
  expect((await get(offramp, { ca: readFileSync(offramp.edgeCa, 'utf8') })).status).toBe(200);
});

test('--api-tls-cert: the certificate of the files is shown, and read anew when they change', async () => {
  const authority = await testAuthority();
  const [cert, key] = [path.join(folder, 'api.pem'), path.join(folder, 'api-key.pem')];
  const write = async (name: string) => {
    const leaf = await issueLeaf(authority, new Date(), { dns: [name], ip: [] });
    writeFileSync(key, leaf.key, { mode: 0o600 });
    writeFileSync(cert, leaf.certificate);
  };
  await write('one.example.com');
  const offramp = await start('--api-tls-cert', cert, '--api-tls-key', key);
  const ca = authority.caCertificate;
  expect((await get(offramp, { ca, servername: 'one.example.com' })).status).toBe(200);
  await write('two.example.com');
  await eventually(() =>
    get(offramp, { ca, servername: 'two.example.com' }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
});

test("Offramp's own commands ask an API with TLS, and say what is missing to trust it", async () => {
  const offramp = await withOwnCertificate();
  const known = ['--api-url', offramp.apiUrl, '--cacert', offramp.edgeCa];
  const env = await runProgram(['env', ...known]);
  expect(env).toMatchObject({ code: 0, err: '' });
  expect(env.out).toContain(`export CLOUDFLARE_BASE_URL='${offramp.apiUrl}'`);
  expect(env.out).toContain(`export NODE_EXTRA_CA_CERTS='${offramp.edgeCa}'`);
  expect(env.out).toContain(`--quick-service ${new URL(offramp.apiUrl).origin} `);
  const explained = await runProgram(['explain', 'http://www.example.com/', ...known]);
  expect(explained).toMatchObject({ code: 0, err: '' });

  const untrusted = await runProgram([
    'explain',
    'http://www.example.com/',
    '--api-url',
    offramp.apiUrl,
    '--cacert',
    '/nowhere.pem',
  ]);
  expect(untrusted).toMatchObject({ code: 2, err: expect.stringMatching(/--cacert: .*\/nowhere\.pem/) });
  const home = { env: { HOME: folder } };
  const unknown = await runProgram(['env', '--api-url', offramp.apiUrl], home);
  expect(unknown).toMatchObject({
    code: 2,
    err: expect.stringMatching(/does not answer .*--cacert takes the CA/),
  });
  const plain = await runProgram(['env', '--api-url', offramp.apiUrl.replace('https', 'http')]);
  expect(plain).toMatchObject({
    code: 2,
    err: expect.stringContaining('with --api-tls its address is https://'),
  });
  // A program of Node trusts it by the variable that env prints.
  const script =
    'fetch(process.argv[1] + "/accounts", { headers: { authorization: "Bearer x" } }).then((r) => process.exit(r.status === 200 ? 0 : 1))';
  const { apiUrl, edgeCa } = offramp;
  const code = await new Promise((resolve) =>
    execFile(
      process.execPath,
      ['-e', script, apiUrl],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: edgeCa } },
      (error) => resolve(error ? error.code : 0),
    ),
  );
  expect(code).toBe(0);
});

test('SIGTERM lets a request over TLS end, and waits for nobody who is silent or in the middle of a handshake', async () => {
  const offramp = await withOwnCertificate();
  const port = Number(new URL(offramp.apiUrl).port);
  const ca = readFileSync(offramp.edgeCa, 'utf8');
  const halfShaken = net.connect(port, '127.0.0.1').on('error', () => {});
  halfShaken.write(Buffer.from('16030100c8010000c40303', 'hex'));
  const silent = tls.connect({ port, host: '127.0.0.1', ca }).on('error', () => {});
  const busy = tls.connect({ port, host: '127.0.0.1', ca });
  await Promise.all([once(silent, 'secureConnect'), once(busy, 'secureConnect')]);
  let answer = '';
  busy.on('data', (chunk) => {
    answer += chunk;
  });
  const body = '{"name":"in flight"}';
  busy.write(
    `POST /client/v4/accounts/${offramp.accountId}/teamnet/virtual_networks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n` +
      `Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  await eventually(() => answer.includes('100 Continue'));
  const closed = Promise.all(
    [halfShaken, silent].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  );
  const ended = once(busy, 'close');
  const stopped = offramp.stop();
  await closed;
  busy.write(body);
  await ended;
  expect(answer).toMatch(/HTTP\/1\.1 200 OK[\s\S]*"name":"in flight"/);
  expect(await stopped).toBe(0);
});

test('who comes while the program still starts waits for the certificate, and is answered', async () => {
  const dataDir = path.join(folder, 'data');
  const port = String(await closedPort());
  const flags = ['--api-tls', '--data-dir', dataDir, '--port', port];
  const first = await start(...flags);
  const ca = readFileSync(first.edgeCa, 'utf8');
  await first.stop();
  const second = startOfframp(flags);
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        const probe = net.connect(Number(port), '127.0.0.1');
        probe.once('error', () => resolve(false));
        probe.once('connect', () => {
          probe.destroy();
          resolve(true);
        });
      }),
  );
  const early = get({ apiUrl: first.apiUrl } as RunningOfframp, { ca });
  expect((await early).status).toBe(200);
  await (await second).stop();
});
