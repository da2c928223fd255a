import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { cleanEnvironment } from '../support/clean-environment.js';
import { collect, MAIN } from '../support/program.js';
import { eventually } from '../support/waiting.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Step {
  readonly name: string;
  readonly shell: string;
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}

const action = parse(readFileSync(path.join(ROOT, 'kits/action/action.yml'), 'utf8')) as {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
};

/** A machine of GitHub's, as far as the scripts see it, on which the program is installed. */
function runner() {
  const temp = mkdtempSync(path.join(os.tmpdir(), 'offramp-action-'));
  onTestFinished(() => rmSync(temp, { recursive: true, force: true }));
  const bin = path.join(temp, 'offramp/node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'offramp'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(path.join(bin, 'offramp'), 0o755);
  const files = { GITHUB_ENV: 'env', GITHUB_OUTPUT: 'output', GITHUB_PATH: 'path' };
  const env: Record<string, string> = { RUNNER_TEMP: temp };
  for (const [name, file] of Object.entries(files)) {
    env[name] = path.join(temp, file);
    writeFileSync(env[name], '');
  }
  /** What a script has written, by name. */
  const written = (name: keyof typeof files): Record<string, string> =>
    Object.fromEntries(
      readFileSync(env[name]!, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  return { temp, env, written };
}

/** As GitHub runs a step with `shell: bash`. */
async function runStep(name: string, env: Record<string, string>, inputs: Record<string, string> = {}) {
  const step = action.runs.steps.find((one) => one.name === name)!;
  const values = Object.fromEntries(
    Object.entries(step.env).map(([variable, text]) => [
      variable,
      text.replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_whole, input: string) => {
        return inputs[input] ?? action.inputs[input]!.default;
      }),
    ]),
  );
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', step.run], {
    env: { ...cleanEnvironment(), ...env, ...values },
  });
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const [code] = await once(child, 'close');
  return { code, out: out(), err: err() };
}

const free = ['', 'edge-', 'http-', 'https-', 'dns-', 'private-'].map((name) => `--${name}port=0`).join(' ');

test('it is a composite action, whose outputs are written by its step', () => {
  expect(action.runs.using).toBe('composite');
  expect(action.runs.steps.map(({ shell }) => shell)).toEqual(['bash', 'bash']);
  const start = action.runs.steps.find(({ name }) => name === 'Start Offramp')!;
  for (const [name, { value }] of Object.entries(action.outputs)) {
    expect(value).toBe(`\${{ steps.start.outputs.${name} }}`);
    expect(start.run).toContain(`echo "${name}=`);
  }
});

test('the following steps find an Offramp that runs, with what tools read', async () => {
  const { env, written, temp } = runner();
  const { code, out, err } = await runStep('Start Offramp', env, { flags: `${free} --domain chosen.test` });
  expect([code, out, err]).toEqual([0, '', '']);
  const output = written('GITHUB_OUTPUT');
  const variables = written('GITHUB_ENV');
  expect(Object.keys(output).sort()).toEqual(Object.keys(action.outputs).sort());
  expect(variables).toMatchObject({
    CLOUDFLARE_BASE_URL: output['api-url'],
    CLOUDFLARE_ACCOUNT_ID: output['account-id'],
    CLOUDFLARE_ZONE_ID: output['zone-id'],
    CLOUDFLARE_DOMAIN: 'chosen.test',
    TUNNEL_TRANSPORT_PROTOCOL: 'http2',
  });
  const headers = { authorization: `Bearer ${variables.CLOUDFLARE_API_TOKEN}` };
  const zone = await fetch(`${output['api-url']}/zones/${output['zone-id']}`, { headers });
  expect(zone.status).toBe(200);
  // No variable of the action's own reached the program, which would name one that it does not know.
  expect(readFileSync(output.log!, 'utf8')).not.toContain('is no variable of Offramp');

  const ready = path.join(temp, 'offramp/endpoints.json');
  const pid = readFileSync(path.join(temp, 'offramp/pid'), 'utf8').trim();
  process.kill(Number(pid), 'SIGTERM');
  await eventually(() =>
    fetch(output['api-url']!).then(
      () => false,
      () => true,
    ),
  );
  expect(() => readFileSync(ready)).toThrow('ENOENT');
});

test('a start that fails ends the step, with what the program says and what the doctor finds', async () => {
  const { env, written } = runner();
  const { code, out } = await runStep('Start Offramp', env, { flags: `${free} --min-monitor-interval=0` });
  expect(code).toBe(1);
  expect(out).toMatch(/^::error title=Offramp::.*\n.*--min-monitor-interval is "0"/);
  expect(out).toContain('::group::offramp doctor');
  expect(written('GITHUB_ENV')).toEqual({});
});
