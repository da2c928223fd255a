// The origin behind every way, and what loads them: nginx and wrk where they are installed, which cost less than what they
// measure, otherwise the ones of bench/proxy.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../support/offramp.mjs';
import { freePort, startListening } from '../support/processes.mjs';

const NGINX = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((file) => existsSync(file));
const WRK = ['/usr/bin/wrk', '/usr/local/bin/wrk'].find((file) => existsSync(file));
const PROXY_BENCH = path.resolve(import.meta.dirname, '../proxy');
export const ORIGIN_NAME = NGINX ? 'nginx' : 'bench/proxy/origin.mjs (nginx is not installed)';
export const LOAD_NAME = WRK ? 'wrk' : 'bench/proxy/load.mjs (wrk is not installed)';

/** Answers `/<bytes>` with so many bytes; resolves with its port. */
export async function startOrigin(sizes) {
  const port = await freePort();
  const args = NGINX ? nginxArguments(port, sizes) : [path.join(PROXY_BENCH, 'origin.mjs'), String(port)];
  await startListening({ command: NGINX ?? process.execPath, args, port });
  return port;
}

function nginxArguments(port, sizes) {
  const folder = temporaryDirectory();
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi', 'files'])
    mkdirSync(path.join(folder, name));
  for (const size of sizes) writeFileSync(path.join(folder, 'files', String(size)), Buffer.alloc(size, 'x'));
  const file = path.join(folder, 'nginx.conf');
  // As root, the worker would be somebody who may not read our directory.
  const user = process.getuid() === 0 ? 'user root;' : '';
  writeFileSync(
    file,
    `
    daemon off; worker_processes 1; ${user} pid ${folder}/nginx.pid;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_requests 1000000000; tcp_nodelay on; sendfile on; open_file_cache max=16;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server { listen 127.0.0.1:${port} backlog=4096; root ${folder}/files; }
    }`,
  );
  return ['-c', file, '-p', folder, '-e', path.join(folder, 'error.log')];
}

const LIMIT_MS = 60_000;
/** Without wrk: how many requests take about a second, by size. */
const requestsIn = (seconds, bytes) => Math.ceil(seconds * Math.min(4_000, 200_000_000 / bytes));

/**
 * Asks `port` for `/<bytes>` on so many connections. Resolves with `{ done, seconds, p99Ms }`; throws when an answer is not
 * 200 or does not come.
 */
export async function load({ port, host, bytes, connections, seconds }) {
  const url = `http://127.0.0.1:${port}/${bytes}`;
  const [command, args] = WRK
    ? [
        WRK,
        [
          '-t1',
          `-c${connections}`,
          `-d${seconds}s`,
          '--timeout',
          '20s',
          '-H',
          `Host: ${host}`,
          '-s',
          SCRIPT,
          url,
        ],
      ]
    : [process.execPath, [LOAD, port, requestsIn(seconds, bytes), connections, bytes].map(String)];
  const { stdout } = await promisify(execFile)(command, args, { timeout: LIMIT_MS });
  const result = JSON.parse(stdout.trim().split('\n').at(-1));
  if (result.failed > 0 || result.done === 0)
    throw new Error(`${url}: ${result.failed} requests failed, ${result.done} were answered`);
  return result;
}

const SCRIPT = path.resolve(import.meta.dirname, '../support/wrk-report.lua');
const LOAD = path.join(PROXY_BENCH, 'load.mjs');
