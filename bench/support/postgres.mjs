// A throwaway PostgreSQL on loopback, as it comes: fsync is on. It and its directory are gone when the benchmark ends.
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { cpuMsOfEnded, cpuMsOfTree } from './cpu.mjs';
import { temporaryDirectory } from './offramp.mjs';
import { freePort } from './processes.mjs';

const INSTALLED = '/usr/lib/postgresql';

/** Null where PostgreSQL is not installed. */
export async function startPostgres() {
  const bin = newest();
  if (bin === null) return null;
  const data = path.join(temporaryDirectory({ searchable: true }), 'data');
  mkdirSync(data);
  // PostgreSQL refuses to run as root, so root hands it to the user "postgres".
  const owner = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  if (owner.length > 0) chownSync(data, ...['-u', '-g'].map(idOfPostgres));
  const run = (name, ...args) => {
    const [command, ...rest] = [...owner, path.join(bin, name), ...args];
    return { command, args: rest, options: { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] } };
  };
  const initdb = run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync');
  execFileSync(initdb.command, initdb.args, initdb.options);
  const port = await freePort();
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on`;
  const start = run('pg_ctl', '-D', data, '-w', '-l', path.join(data, 'log'), '-o', settings, 'start');
  process.prependOnceListener('exit', () => {
    const stop = run('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
    spawnSync(stop.command, stop.args, { ...stop.options, stdio: 'ignore' });
  });
  execFileSync(start.command, start.args, start.options);
  const pid = Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const url = (database) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  let databases = 0;
  return {
    /** User and system time of all its processes, those that have ended too. */
    cpuMs: () => cpuMsOfTree(pid) + cpuMsOfEnded(pid),
    /** The URL of a new, empty database. */
    async createDatabase() {
      const name = `bench_${++databases}`;
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return url(name);
    },
  };
}

function newest() {
  if (!existsSync(INSTALLED)) return null;
  const versions = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a));
  return (
    versions.map((v) => path.join(INSTALLED, v, 'bin')).find((bin) => existsSync(path.join(bin, 'initdb'))) ??
    null
  );
}

function idOfPostgres(which) {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }));
}
