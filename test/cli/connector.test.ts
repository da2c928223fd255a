import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readConnectorFlags } from '../../src/cli/connector.js';
import { CONNECTOR_FLAGS } from '../../src/config/flags.js';
import { parseFlags } from '../../src/config/parse.js';
import { ask, fetchThrough, startBareEdge } from '../connector/bare-edge.js';
import { cleanUp, cleanUpLater, newTunnel, testAuthority, until } from '../edge/fixture.js';
import { spawnProgram } from '../support/program.js';

afterEach(cleanUp);

async function folder(files: Record<string, string>): Promise<(name: string) => string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-connector-'));
  cleanUpLater(() => rm(directory, { recursive: true }));
  const { caCertificate } = await testAuthority();
  for (const [name, text] of Object.entries({
    'ca.pem': caCertificate,
    token: `${newTunnel().token}\n`,
    ...files,
  }))
    await writeFile(path.join(directory, name), text);
  return (name) => path.join(directory, name);
}

function run(...args: string[]): ChildProcess & { output: () => string } {
  const child = spawnProgram(['connector', ...args]);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  cleanUpLater(() => child.kill('SIGKILL'));
  return Object.assign(child, { output: () => output });
}

async function startService() {
  const held: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url !== '/held') return void response.end('served');
    response.write('begun ');
    held.push(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, held };
}

test('the program serves a URL, tells its state, and lets a request in flight end after SIGTERM', async () => {
  const edge = await startBareEdge();
  const service = await startService();
  const file = await folder({});
  const flags = ['--token-file', file('token'), '--cacert', file('ca.pem'), '--edge', edge.address];
  const child = run(...flags, '--url', service.url, '--metrics', '127.0.0.1:0', '--ha-connections', '1');
  await until(() => child.output().includes('is registered at'));
  const metrics = /Metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(child.output())![1];
  expect(await (await fetch(`${metrics}/ready`)).json()).toMatchObject({ status: 200, readyConnections: 1 });
  const session = edge.sessions[0]!;
  expect((await fetchThrough(session)).body.toString()).toBe('served');

  const stream = ask(session, { ':path': '/held' }, { endStream: true });
  let body = '';
  stream.on('data', (chunk) => {
    body += chunk;
  });
  await once(stream, 'data');
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await until(() => edge.unregistered > 0);
  service.held[0]!.end('and ended');
  await new Promise((resolve) => stream.once('close', resolve));
  expect([body, stream.rstCode]).toEqual(['begun and ended', 0]);
  edge.stop();
  expect((await exit)[0]).toBe(0);
});

test('a second signal ends the program at once', async () => {
  const edge = await startBareEdge();
  const service = await startService();
  const file = await folder({});
  const flags = ['--token-file', file('token'), '--cacert', file('ca.pem'), '--edge', edge.address];
  const child = run(...flags, '--url', service.url, '--grace-period', '180s');
  await until(() => child.output().includes('is registered at'));
  const stream = ask(edge.sessions[0]!, { ':path': '/held' }, { endStream: true });
  await once(stream, 'data');
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await until(() => edge.unregistered > 0);
  child.kill('SIGTERM');
  expect((await exit)[0]).toBe(130);
});

test('flags that cannot work are told with what would be right', async () => {
  const file = await folder({
    'not.json': '{',
    'rules.json': '{"ingress": [{"service": "nothing"}]}',
    'empty.pem': '',
    'cut.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n',
  });
  const read = (...args: string[]) =>
    readConnectorFlags(parseFlags(CONNECTOR_FLAGS, ['--cacert', file('ca.pem'), ...args], {}));
  const token = ['--token', newTunnel().token];
  await expect(read()).rejects.toThrow('--token or --token-file is missing');
  await expect(read('--token-file', '/no/such')).rejects.toThrow('--token-file /no/such cannot be read');
  await expect(read(...token, '--cacert', '/no/such')).rejects.toThrow(
    "it is the edge_ca of Offramp's ready line",
  );
  await expect(read(...token, '--cacert', file('empty.pem'))).rejects.toThrow('has no certificate in PEM');
  await expect(read(...token, '--cacert', file('cut.pem'))).rejects.toThrow(
    'cut.pem is damaged; copy the whole',
  );
  await expect(read('--token', 'x')).rejects.toThrow('--token: invalid tunnel token: ');
  await expect(read(...token, '--config', file('not.json'))).rejects.toThrow(/--config .*not\.json: .*JSON/);
  await expect(read(...token, '--config', file('rules.json'))).rejects.toThrow(
    'ingress[0].service: "nothing" must be',
  );
  await expect(read(...token, '--url', 'localhost:80')).rejects.toThrow(
    '--url: ingress[0].service: "localhost:80"',
  );
  await expect(read(...token, '--url', 'x', '--config', 'y')).rejects.toThrow('exclude each other');
  await expect(read(...token, '--grace-period', '4m')).rejects.toThrow('--grace-period is "4m"');
  await expect(read(...token, '--ha-connections', '17')).rejects.toThrow('whole number from 1 to 16');
  const options = await read(...token, '--grace-period', '5s', '--url', 'http://localhost:1');
  expect(options).toMatchObject({ gracePeriodMs: 5_000, ingress: [{ service: 'http://localhost:1' }] });
  const child = run('--token-file', file('token'), '--cacert', file('ca.pem'), '--metrics', '9090');
  const [code] = await once(child, 'exit');
  expect([code, child.output()]).toEqual([2, expect.stringContaining('--metrics is "9090"')]);
});
