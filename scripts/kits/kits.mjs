// One row for each kit: what it takes, and how its example runs. `slow` keeps it out of the gate, and says why.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { cached, npmPackages, projectOf } from './modules.mjs';

const json = (...file) => JSON.parse(readFileSync(path.join(...file), 'utf8'));
const ofRoot = (root, ...names) =>
  Object.fromEntries(names.map((name) => [name, path.join(root, 'node_modules', name)]));
const ours = ({ name, home }) => ({ [name]: home });
/** A guard for machines that are busy, and no measure. */
const PATIENCE = '--testTimeout=60000';
const vitest = (cwd) => [process.execPath, path.join(cwd, 'node_modules/vitest/vitest.mjs'), 'run', PATIENCE];

const STRICT = [
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  '--types',
  'node',
  '--module',
  'nodenext',
  '--target',
  'es2023',
];
const tsc = (root) => [process.execPath, path.join(root, 'node_modules/typescript/bin/tsc')];

/** Text of all files below, for who has to know whether one has changed. */
const textOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(py|toml|txt)$/.test(entry.name))
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'));

export const KITS = [
  {
    name: 'vitest',
    run({ root, work, installed, run }) {
      const modules = { ...ofRoot(root, 'vitest', 'cloudflare', '@types/node'), ...ours(installed) };
      const cwd = projectOf(work, [path.join(root, 'examples/vitest')], modules);
      run(vitest(cwd), { cwd });
      run([...tsc(root), ...STRICT, 'traffic.test.ts', 'account.test.ts', 'vitest.config.ts'], { cwd });
    },
  },
  {
    name: 'jest',
    run({ root, work, installed, run }) {
      const example = path.join(root, 'examples/jest');
      const { jest } = json(example, 'package.json').devDependencies;
      const modules = { ...npmPackages(run, { jest }), ...ofRoot(root, 'cloudflare'), ...ours(installed) };
      const cwd = projectOf(work, [example], modules);
      run([process.execPath, path.join(cwd, 'node_modules/jest/bin/jest.js'), PATIENCE], { cwd });
    },
  },
  {
    name: 'pytest',
    needs: ['python3'],
    run({ root, work, run }) {
      const [kit, example] = [path.join(root, 'kits/pytest'), path.join(root, 'examples/pytest')];
      const requirements = path.join(example, 'requirements.txt');
      const version = run(['python3', '--version'], { cwd: root });
      const folder = cached('pytest', [version, textOf(kit), readFileSync(requirements, 'utf8')], (cwd) => {
        run(['python3', '-m', 'venv', 'venv'], { cwd });
        const source = projectOf(path.join(cwd, 'kit'), [kit], {});
        run(['venv/bin/python', '-m', 'pip', 'install', '--quiet', '-r', requirements, source], { cwd });
      });
      const cwd = projectOf(work, [example], {});
      run([path.join(folder, 'venv/bin/python'), '-m', 'pytest', '-q', '-p', 'no:cacheprovider'], { cwd });
    },
  },
  {
    name: 'testcontainers',
    run({ root, work, installed, run }) {
      const kit = path.join(root, 'kits/testcontainers');
      const modules = {
        ...npmPackages(run, json(kit, 'package.json').dependencies),
        ...ofRoot(root, 'vitest', '@types/node'),
        ...ours(installed),
      };
      const cwd = projectOf(work, [kit, path.join(root, 'Dockerfile')], modules);
      run([...tsc(root), '-p', cwd], { cwd });
      run(vitest(cwd), { cwd });
      // What an engine would run is looked at in any case.
      const example = projectOf(`${cwd}-example`, [path.join(root, 'examples/testcontainers')], {
        ...modules,
        ...ofRoot(root, 'cloudflare'),
        'offramp-testcontainers': cwd,
      });
      run([...tsc(root), ...STRICT, 'traffic.test.ts'], { cwd: example });
    },
  },
  {
    name: 'testcontainers-example',
    slow: 'it builds the image',
    needs: ['docker'],
    lacks: () =>
      spawnSync('docker', ['info']).status === 0 ? null : 'no container engine ("docker info" fails)',
    run({ root, work, run }) {
      const kit = path.join(root, 'kits/testcontainers');
      const packages = npmPackages(run, json(kit, 'package.json').dependencies);
      const built = projectOf(path.join(work, 'kit'), [kit], { ...packages, ...ofRoot(root, '@types/node') });
      run([...tsc(root), '-p', built], { cwd: built });
      run(['docker', 'build', '-t', 'offramp-kits', '.'], { cwd: root });
      const modules = {
        ...packages,
        ...ofRoot(root, 'vitest', 'cloudflare'),
        'offramp-testcontainers': built,
      };
      const cwd = projectOf(
        path.join(work, 'example'),
        [path.join(root, 'examples/testcontainers')],
        modules,
      );
      run(vitest(cwd), { cwd, env: { OFFRAMP_IMAGE: 'offramp-kits' } });
    },
  },
  {
    // How it starts and ends is a test of ours: test/kits/action.test.ts.
    name: 'action',
    run({ root, work, installed, run }) {
      const { steps } = parse(readFileSync(path.join(root, 'kits/action/action.yml'), 'utf8')).runs;
      const { run: script } = steps.find(({ name }) => name === 'Install Offramp');
      mkdirSync(work, { recursive: true });
      const [paths, OFFRAMP_PACKAGE] = [path.join(work, 'paths'), installed.tarball];
      const env = { RUNNER_TEMP: work, GITHUB_PATH: paths, OFFRAMP_PACKAGE };
      run(['bash', '-e', '-o', 'pipefail', '-c', script], { cwd: work, env });
      run([path.join(readFileSync(paths, 'utf8').trim(), 'offramp'), 'start', '--help'], { cwd: work });
    },
  },
  {
    name: 'go',
    slow: "it compiles Go's library for HTTP",
    needs: ['go'],
    run({ root, run }) {
      const cwd = path.join(root, 'kits/go');
      run(['go', 'vet', './...'], { cwd });
      run(['go', 'test', '-count=1', './...'], { cwd });
    },
  },
  {
    name: 'go-example',
    slow: 'it compiles all of cloudflare-go',
    needs: ['go'],
    run({ root, run }) {
      const cwd = path.join(root, 'examples/go');
      run(['go', 'mod', 'download'], { cwd });
      run(['go', 'test', '-count=1', './...'], { cwd });
    },
  },
];
