import { readFile } from 'node:fs/promises';
import https from 'node:https';
import os from 'node:os';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { spawnCloudflared } from '../support/cloudflared.js';
import { CLOUDFLARED } from '../support/connectors.js';
import { startOfframp } from '../support/offramp.js';
import { startOriginProcess } from '../support/origin-process.js';
import { runProgram } from '../support/program.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

const MASTER = 'a-token-that-may-do-everything-0123456';
let offramp: SharedOfframp;

beforeAll(async () => {
  offramp = await sharedOfframp();
});
afterAll(() => offramp.stop());

const serviceOf = ({ apiUrl }: Pick<SharedOfframp, 'apiUrl'>) => new URL(apiUrl).origin;
const open = (
  running: Pick<SharedOfframp, 'apiUrl'>,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) => fetch(`${serviceOf(running)}/tunnel`, { method: 'POST', headers });

test('whoever asks gets a tunnel with a host name on this machine, which no database knows', async () => {
  const answer = await open(offramp);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  const { success, result } = (await answer.json()) as { success: boolean; result: Record<string, string> };
  expect([success, result]).toEqual([
    true,
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: expect.stringMatching(/^[a-z]+-[a-z]+-[a-z]+$/),
      hostname: `${result.name}.localhost:${offramp.https.split(':')[1]}`,
      account_tag: expect.stringMatching(/^[0-9a-f]{32}$/),
      secret: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    },
  ]);
  expect((await apiOf(offramp).get('@/cfd_tunnel')).body.result).toEqual([]);
  const client = trafficClient(offramp.http);
  expect(await client.get(`${result.name}.localhost`)).toEqual({
    status: 530,
    body: expect.stringContaining('error code: 1033'),
  });
  client.close();
});

test('a web page cannot ask for one behind the back of whoever looks at it', async () => {
  const refused = await open(offramp, { 'content-type': 'text/plain' });
  expect([refused.status, await refused.text()]).toEqual([415, 'Content-Type must be application/json.\n']);
});

test('where only known tokens count there are none, and the refusal says what to do', async () => {
  const strict = await startOfframp(['--auth', 'strict', '--api-token', MASTER]);
  const refused = await open(strict);
  expect([refused.status, refused.headers.get('content-type')]).toEqual([
    403,
    expect.stringContaining('text/plain'),
  ]);
  expect(await refused.text()).toMatch(/no quick tunnels.*--auth strict.*Create a tunnel with a token/);
  if (CLOUDFLARED) {
    const args = ['tunnel', '--quick-service', serviceOf(strict), '--url', 'http://127.0.0.1:1'];
    const cloudflared = spawnCloudflared(args, '', os.tmpdir());
    await cloudflared.ended;
    expect(cloudflared.output()).toMatch(/no quick tunnels.*--auth strict/);
  }
  await strict.stop();
});

describe.skipIf(!CLOUDFLARED)('an unmodified cloudflared', () => {
  test('gets a quick tunnel, and the address that it prints works', async () => {
    const origin = await startOriginProcess('behind the quick tunnel', '127.0.0.1');
    const { out: variables } = await runProgram(['env', '--api-url', offramp.apiUrl]);
    const hint = /^# .*: cloudflared (tunnel --quick-service .*)--url/m.exec(variables)![1]!.trim();
    const cloudflared = spawnCloudflared(
      [...hint.split(' '), '--url', `http://127.0.0.1:${origin.port}`],
      variables,
      os.tmpdir(),
    );
    onTestFinished(cloudflared.stop);
    const printed = () => /https:\/\/([a-z-]+\.localhost):(\d+)/.exec(cloudflared.output());
    await eventually(() => printed() !== null);
    const [, hostname, port] = printed()!;
    const ca = await readFile(offramp.edgeCa, 'utf8');
    const client = trafficClient(offramp.http);
    await eventually(async () => (await client.get(hostname!)).body === 'behind the quick tunnel');
    expect(await getOverTls(hostname!, Number(port), ca)).toBe('behind the quick tunnel');
    await cloudflared.stop();
    await eventually(async () => (await client.get(hostname!)).status === 530);
    client.close();
    await origin.kill();
  });
});

/** As a client that has looked the name up, with a certificate that must be good. */
function getOverTls(servername: string, port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${servername}:${port}` };
    const request = https.get(
      { host: '127.0.0.1', port, servername, ca, headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve(body));
      },
    );
    request.on('error', reject);
  });
}
