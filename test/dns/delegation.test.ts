import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { cleanEnvironment } from '../support/clean-environment.js';

/** Debian keeps servers where only root looks. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const runs = (program: string, ...args: string[]) =>
  spawnSync(program, args, { env: { ...process.env, PATH }, stdio: 'ignore' }).status === 0;

const ROOT = process.getuid?.() === 0 && runs('unshare', '--net', 'ip', 'link', 'set', 'lo', 'up');
const MISSING = [
  ...(ROOT ? [] : ['root and network namespaces']),
  ...(runs('named', '-V') ? [] : ['named (bind9)']),
  ...(runs('unbound', '-V') ? [] : ['unbound']),
];
const NAMES = 200;

test.skipIf(MISSING.length > 0)(
  `a zone delegated to us resolves through unbound and BIND${MISSING.length > 0 ? ` (needs ${MISSING.join(', ')})` : ''}`,
  async () => {
    const scenario = path.join(import.meta.dirname, 'delegated-zone.mjs');
    // The namespace goes with the last process in it.
    const { stdout } = await promisify(execFile)(
      'unshare',
      ['--net', '--pid', '--kill-child', '--fork', process.execPath, scenario, String(NAMES)],
      { env: { ...cleanEnvironment(), PATH } },
    );
    const everything = {
      names: { '1.1.1.1': NAMES / 2, '10.53.0.2': NAMES / 2 },
      nameServers: ['ns.example.com', 'ns1.example.com'],
      nameServer: ['10.53.0.2'],
      nameServer6: 'ENODATA',
      absent: 'ENOTFOUND',
    };
    expect(JSON.parse(stdout)).toEqual({ unbound: everything, bind: everything });
  },
);
