import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { type Arguments, type Declared, resources } from './terraform-resources.js';

/**
 * Terraform itself, with Cloudflare's provider. They are used where `terraform` is on the machine and TF_CLI_CONFIG_FILE
 * names a configuration that says where that provider is: `dev_overrides`, or a `filesystem_mirror` that has it.
 */
const CLI_CONFIG = process.env.TF_CLI_CONFIG_FILE ?? '';
const configuration = existsSync(CLI_CONFIG) ? readFileSync(CLI_CONFIG, 'utf8') : '';
const isOverridden = /dev_overrides\s*{[^}]*cloudflare\/cloudflare"/.test(configuration);
const isMirrored = [...configuration.matchAll(/filesystem_mirror\s*{[^}]*path\s*=\s*"([^"]+)"/g)].some(
  ([, mirror]) => existsSync(path.join(mirror!, 'registry.terraform.io/cloudflare/cloudflare')),
);
const here = (isOverridden || isMirrored) && spawnSync('terraform', ['version']).status === 0;
const run = promisify(execFile);
const MINUTES = 60_000;

type Stage = (declared: Declared) => Arguments;
const bare: Stage = (declared) => declared.bare;
const full: Stage = (declared) => ({ ...declared.bare, ...declared.more });
const imported: Stage = (declared) => ({ ...declared.bare, ...declared.defaults });

describe.skipIf(!here)("Terraform with Cloudflare's provider", { timeout: 5 * MINUTES }, () => {
  let offramp: RunningOfframp;
  let api: Api;
  let declared: Record<string, Declared>;
  let folder: string;
  let imports: string;

  beforeAll(async () => {
    offramp = await startOfframp();
    api = apiOf(offramp);
    declared = resources(offramp.accountId, offramp.zoneId, offramp.domain);
    folder = await mkdtemp(path.join(os.tmpdir(), 'offramp-terraform-'));
    imports = await mkdtemp(path.join(os.tmpdir(), 'offramp-terraform-import-'));
  });
  afterAll(async () => {
    await offramp.stop();
    for (const one of [folder, imports]) await rm(one, { recursive: true, force: true });
  });

  async function terraform(cwd: string, ...args: string[]): Promise<string> {
    const env = {
      ...cleanEnvironment(),
      CLOUDFLARE_BASE_URL: offramp.apiUrl,
      CLOUDFLARE_API_TOKEN: 'a'.repeat(40),
    };
    const { stdout } = await run('terraform', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  async function declare(cwd: string, stage: Stage, ids: Record<string, string> = {}): Promise<void> {
    const resource: Record<string, Record<string, Arguments>> = {};
    for (const [address, one] of Object.entries(declared)) {
      const [type, name] = address.split('.') as [string, string];
      resource[type] = { ...resource[type], [name]: stage(one) };
    }
    const declaration = {
      terraform: { required_providers: { cloudflare: { source: 'cloudflare/cloudflare' } } },
      resource,
      import: Object.entries(ids).map(([to, id]) => ({ to, id })),
    };
    await writeFile(path.join(cwd, 'main.tf.json'), JSON.stringify(declaration));
    // A provider that is overridden for development is not installed.
    if (!isOverridden) await terraform(cwd, 'init');
  }

  /** What a plan would do, by resource, with the arguments that differ; empty when it would do nothing. */
  async function planned(cwd: string): Promise<Record<string, unknown>> {
    await terraform(cwd, 'plan', '-input=false', '-out=plan');
    const plan = JSON.parse(await terraform(cwd, 'show', '-json', 'plan'));
    // biome-ignore lint/suspicious/noExplicitAny: plans are of every shape.
    const changes = plan.resource_changes.filter(({ change }: any) => change.actions[0] !== 'no-op');
    return Object.fromEntries(
      // biome-ignore lint/suspicious/noExplicitAny: plans are of every shape.
      changes.map(({ address, change: { actions, before, after } }: any) => [
        address,
        { actions, differs: differences(before ?? {}, after ?? {}) },
      ]),
    );
  }

  const apply = (cwd: string) => terraform(cwd, 'apply', '-input=false', '-auto-approve');

  async function state(): Promise<Record<string, Record<string, string>>> {
    const { values } = JSON.parse(await terraform(folder, 'show', '-json'));
    return Object.fromEntries(
      values.root_module.resources.map(
        ({ address, values }: { address: string; values: Record<string, string> }) => [address, values],
      ),
    );
  }

  test('creates one of each type, and then has nothing left to do', async () => {
    await declare(folder, bare);
    await apply(folder);
    expect(Object.keys(await state()).sort()).toEqual(Object.keys(declared).sort());
    expect(await planned(folder)).toEqual({});
  });

  test('changes all of them, and then has nothing left to do', async () => {
    await declare(folder, full);
    expect(Object.keys(await planned(folder)).sort()).toEqual(Object.keys(declared).sort());
    await apply(folder);
    expect(await planned(folder)).toEqual({});
  });

  test('takes optional arguments away again, and then has nothing left to do', async () => {
    await declare(folder, bare);
    await apply(folder);
    expect(await planned(folder)).toEqual({});
  });

  test('imports all of them, and finds what it would have made', async () => {
    const ids: Record<string, string> = {};
    for (const [address, values] of Object.entries(await state())) {
      const { under, importBy = 'id' } = declared[address]!;
      const owner = { account: offramp.accountId, zone: offramp.zoneId, none: null }[under ?? 'none'];
      ids[address] = [owner, values[importBy]].filter((part) => part !== null).join('/');
    }
    await declare(imports, imported, ids);
    const unread = Object.entries(declared).filter(([, one]) => one.unread);
    expect(await planned(imports)).toEqual(
      Object.fromEntries(
        unread.map(([address, one]) => [address, { actions: ['update'], differs: one.unread }]),
      ),
    );
  });

  test('destroys all of them', async () => {
    const before = await state();
    await terraform(folder, 'destroy', '-input=false', '-auto-approve');
    for (const list of [
      '@/load_balancers/monitors',
      '@/load_balancers/pools',
      '%/load_balancers',
      '%/dns_records',
    ])
      expect([list, (await api.get(list)).body.result]).toEqual([list, []]);
    const paths: Record<string, string> = {
      'cloudflare_zero_trust_tunnel_cloudflared_virtual_network.lab': '@/teamnet/virtual_networks',
      'cloudflare_zero_trust_tunnel_cloudflared_route.lab': '@/teamnet/routes',
      'cloudflare_zero_trust_network_hostname_route.wiki': '@/zerotrust/routes/hostname',
      'cloudflare_zero_trust_device_subnet.devices': '@/zerotrust/subnets/warp',
      'cloudflare_magic_wan_gre_tunnel.longer_than_fifteen': '@/magic/gre_tunnels',
      'cloudflare_magic_wan_ipsec_tunnel.longer_than_fifteen': '@/magic/ipsec_tunnels',
      'cloudflare_zone.books': '/zones',
    };
    for (const [address, at] of Object.entries(paths))
      expect([address, (await api.get(`${at}/${before[address]!.id}`)).status]).toEqual([address, 404]);
    const tunnel = before['cloudflare_zero_trust_tunnel_cloudflared.web']!.id;
    expect((await api.get(`@/cfd_tunnel/${tunnel}`)).body.result.deleted_at).not.toBeNull();
  });
});

/** Arguments whose values after the plan are known to be others; those that the provider computes anew are not. */
const differences = (before: Record<string, unknown>, after: Record<string, unknown>): string[] =>
  Object.keys(after).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
