import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { spawnCloudflared } from '../support/cloudflared.js';
import { CLOUDFLARED, runConnector } from '../support/connectors.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { startOriginProcess } from '../support/origin-process.js';
import { MAIN } from '../support/program.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

const run = promisify(execFile);

/** What Cloudflare serves now, and served before it changed anything. */
const API_DATES = [[], ['--api-date', '2025-11-30']];

const describeOnEach = describe.skipIf(!CLOUDFLARED).each(API_DATES);

describeOnEach("cloudflared's own commands manage Offramp %s %s", (...apiDate) => {
  let offramp: RunningOfframp;
  let api: Api;
  let folder: string;
  /** What `offramp env` prints, and nothing else that would point anywhere. */
  let variables: string;

  beforeAll(async () => {
    offramp = await startOfframp(apiDate);
    api = apiOf(offramp);
    folder = await mkdtemp(path.join(os.tmpdir(), 'offramp-cloudflared-'));
    const flags = ['--api-url', offramp.apiUrl, '--cert', path.join(folder, 'cert.pem')];
    variables = (await run(process.execPath, [MAIN, 'env', ...flags], { env: cleanEnvironment() })).stdout;
  });
  afterAll(async () => {
    await offramp.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs `cloudflared …` and gives what it printed; rejects unless it exits with 0. */
  async function cloudflared(...args: string[]): Promise<string> {
    const script = `eval "$VARIABLES"; exec '${CLOUDFLARED}' "$@"`;
    const env = { ...cleanEnvironment(), HOME: folder, VARIABLES: variables };
    const { stdout, stderr } = await run('bash', ['-c', script, 'cloudflared', ...args], {
      env,
      timeout: 60_000,
    });
    return stdout + stderr;
  }
  const tunnel = (...args: string[]) => cloudflared('tunnel', ...args);

  test('tunnel create, list, info, token, cleanup and delete', async () => {
    expect(await tunnel('create', 'cli')).toMatch(/Created tunnel cli with id/);
    const [created] = JSON.parse(await tunnel('list', '--name', 'cli', '--output', 'json'));
    const { result } = (await api.get('@/cfd_tunnel?name=cli')).body;
    expect(result).toMatchObject([{ id: created.id, name: 'cli' }]);

    const token = (await api.get(`@/cfd_tunnel/${created.id}/token`)).body.result;
    const content = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString());
    expect(content((await tunnel('token', 'cli')).trim())).toEqual(content(token));
    const connector = await runConnector('ours', offramp, token);
    const connections = async () =>
      (await api.get(`@/cfd_tunnel/${created.id}/connections`)).body.result.flatMap(
        ({ conns }: { conns: { client_id: string; id: string }[] }) => conns,
      );
    await eventually(async () => (await connections()).length === 4);
    const [{ client_id, id }] = await connections();
    // It reads them from the list, where Cloudflare shows none since 2026-10-05, and prints an empty column.
    const column = / 4xLOC\d+ /;
    if (apiDate.length === 0) expect(await tunnel('list', '--name', 'cli')).not.toMatch(column);
    else expect(await tunnel('list', '--name', 'cli')).toMatch(column);
    expect(await tunnel('info', 'cli')).toContain(client_id);
    expect(JSON.parse(await tunnel('info', '--output', 'json', 'cli')).conns).toMatchObject([
      { id: client_id },
    ]);
    await tunnel('cleanup', '--connector-id', client_id, 'cli');
    await eventually(async () => !JSON.stringify(await connections()).includes(id));
    await connector.stop();
    await eventually(async () => (await connections()).length === 0);

    await expect(tunnel('create', 'cli')).rejects.toThrow(/tunnel with name already exists/);
    await tunnel('delete', 'cli');
    await tunnel('create', 'cli');
    await tunnel('delete', '-f', 'cli');
    expect((await api.get('@/cfd_tunnel?name=cli&is_deleted=false')).body.result).toEqual([]);
    // With -d it leaves is_deleted out, which has meant the active ones alone since 2025-12-01.
    const listed = JSON.parse(await tunnel('list', '-d', '--name', 'cli', '--output', 'json'));
    expect(listed ?? []).toHaveLength(apiDate.length === 0 ? 0 : 2);
  });

  test('tunnel list filters', async () => {
    for (const name of ['list-a', 'list-b', 'other']) await tunnel('create', name);
    const listed = async (...filters: string[]) =>
      JSON.parse(await tunnel('list', '--output', 'json', ...filters)).map(
        ({ name }: { name: string }) => name,
      );
    expect(await listed('--name-prefix', 'list-')).toEqual(['list-a', 'list-b']);
    expect(await listed('--name-prefix', 'list-', '--exclude-name-prefix', 'list-b')).toEqual(['list-a']);
  });

  test('tunnel route ip add, show, get and delete', async () => {
    await tunnel('create', 'routed');
    await tunnel('vnet', 'add', 'lab');
    expect(await tunnel('route', 'ip', 'add', '10.1.0.0/16', 'routed', 'the office')).toMatch(
      /Successfully added route for 10.1.0.0\/16/,
    );
    await tunnel('route', 'ip', 'add', '--vnet', 'lab', '10.1.2.0/24', 'routed');
    const shown = JSON.parse(await tunnel('route', 'ip', 'show', '--output', 'json'));
    expect(shown).toMatchObject([
      { network: '10.1.0.0/16', comment: 'the office', tunnel_name: 'routed' },
      { network: '10.1.2.0/24' },
    ]);
    const [, inside] = JSON.parse(
      await tunnel(
        'route',
        'ip',
        'show',
        '--filter-network-is-superset-of',
        '10.1.2.0/24',
        '--output',
        'json',
      ),
    );
    expect(inside.network).toBe('10.1.2.0/24');
    expect(await tunnel('route', 'ip', 'get', '10.1.2.3')).toContain('10.1.0.0/16');
    expect(await tunnel('route', 'ip', 'get', '--vnet', 'lab', '10.1.2.3')).toContain('10.1.2.0/24');
    expect(await tunnel('route', 'ip', 'get', '192.0.2.1')).toMatch(/No route matches/);
    await expect(tunnel('route', 'ip', 'add', '10.1.0.0/16', 'routed')).rejects.toThrow(
      /You already have a route defined for this exact IP subnet/,
    );
    await tunnel('route', 'ip', 'delete', '10.1.0.0/16');
    await tunnel('route', 'ip', 'delete', inside.id);
    expect((await api.get('@/teamnet/routes?is_deleted=false')).body.result).toEqual([]);
  });

  test('tunnel vnet add, list, update and delete', async () => {
    await tunnel('vnet', 'add', 'first', 'a comment');
    await tunnel('vnet', 'add', '--default', 'second');
    const listed = JSON.parse(await tunnel('vnet', 'list', '--output', 'json'));
    expect(listed).toContainEqual(expect.objectContaining({ name: 'first', comment: 'a comment' }));
    await tunnel('vnet', 'update', '--name', 'renamed', '--comment', 'changed', 'first');
    expect(JSON.parse(await tunnel('vnet', 'list', '--name', 'renamed', '--output', 'json'))).toMatchObject([
      { name: 'renamed', comment: 'changed', is_default_network: false },
    ]);
    await tunnel('vnet', 'delete', '-f', 'renamed');
    const left = (await api.get('@/teamnet/virtual_networks?is_default_network=true')).body.result;
    expect(left).toMatchObject([{ name: 'second' }]);
  });

  test('tunnel route lb makes and extends a load balancer', async () => {
    await tunnel('create', 'balanced');
    await tunnel('create', 'standby');
    const host = `cli.${offramp.domain}`;
    expect(await tunnel('route', 'lb', 'balanced', host, 'cli-pool')).toContain(
      `Created load balancer ${host} and added a new pool cli-pool with this tunnel as an origin`,
    );
    expect(await tunnel('route', 'lb', 'standby', host, 'cli-pool')).toContain(
      'Added this tunnel as an origin in pool cli-pool',
    );
    expect(await tunnel('route', 'lb', 'standby', host, 'cli-pool')).toContain('already uses pool cli-pool');
    const pool = (await api.get('@/load_balancers/pools')).body.result.find(
      ({ name }: { name: string }) => name === 'cli-pool',
    );
    expect(pool.origins).toHaveLength(2);
  });

  test('tunnel route dns publishes a host name, says so when it is there, and moves it with --overwrite-dns', async () => {
    await tunnel('create', 'published');
    await tunnel('create', 'successor');
    const host = `app.${offramp.domain}`;
    expect(await tunnel('route', 'dns', 'published', host)).toContain(
      `Added CNAME ${host} which will route to this tunnel`,
    );
    expect(await tunnel('route', 'dns', 'published', 'APP')).toContain(
      `${host} is already configured to route to your tunnel`,
    );
    expect(await tunnel('route', 'dns', 'published', 'app.other.com')).toContain(
      `Added CNAME app.other.com.${offramp.domain} which`,
    );
    await expect(tunnel('route', 'dns', 'successor', host)).rejects.toThrow(
      `Failed to add route: code: 1003, reason: Failed to create record ${host} with err An A, AAAA, or CNAME record with that host already exists.`,
    );
    expect(await tunnel('route', 'dns', '--overwrite-dns', 'successor', host)).toContain(
      `${host} updated to route to your tunnel`,
    );
    await expect(tunnel('route', 'dns', 'nobody', host)).rejects.toThrow(/nobody/);
  });

  test('what tunnel create has written is all that tunnel run needs, and names lead to the service', async () => {
    const origin = await startOriginProcess('behind the tunnel', '127.0.0.1');
    await tunnel('create', 'local');
    await tunnel('route', 'dns', 'local', 'local');
    await tunnel('route', 'lb', 'local', `balanced.${offramp.domain}`, 'local-pool');
    const url = `http://127.0.0.1:${origin.port}`;
    const connector = spawnCloudflared(['tunnel', 'run', '--url', url, 'local'], variables, folder);
    onTestFinished(connector.stop);
    const client = trafficClient(offramp.http);
    await eventually(async () => (await client.get(`local.${offramp.domain}`)).body === 'behind the tunnel');
    expect((await client.get(`balanced.${offramp.domain}`)).body).toBe('behind the tunnel');
    const args = [MAIN, 'explain', `http://local.${offramp.domain}/`, '--api-url', offramp.apiUrl];
    const { stdout } = await run(process.execPath, args, { env: cleanEnvironment() });
    const [{ id }] = (await api.get('@/cfd_tunnel?name=local')).body.result;
    const [running] = (await api.get(`@/cfd_tunnel/${id}/connections`)).body.result;
    expect(stdout).toContain(`through the ingress rules of tunnel local (connector ${running.id})`);
    await connector.stop();
    await eventually(async () => (await client.get(`local.${offramp.domain}`)).status === 530);
    expect((await client.get(`local.${offramp.domain}`)).body).toContain('error code: 1033');
    client.close();
    await tunnel('delete', '-f', 'local');
    await origin.kill();
  });

  test('tail and management ask for a token that cloudflared can read', async () => {
    await tunnel('create', 'watched');
    const [{ id }] = (await api.get('@/cfd_tunnel?name=watched')).body.result;
    for (const args of [
      ['tail', 'token'],
      ['management', 'token', '--resource', 'admin'],
    ]) {
      const { token } = JSON.parse((await cloudflared(...args, id)).trim().split('\n')[0]!);
      const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
      expect(claims.tun).toEqual({ id, account_tag: offramp.accountId });
    }
  });
});
