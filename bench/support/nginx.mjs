// An nginx with one worker, and what every one of ours has in common: no logs, nothing written to disk, connections that are kept.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from './offramp.mjs';
import { findProgram, startListening } from './processes.mjs';

export const NGINX = findProgram('nginx');

/** `servers` is what stands in its block `http`; resolves with the child when `port` accepts. */
export async function startNginx({ port, servers, cpu = null }) {
  const folder = temporaryDirectory();
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(path.join(folder, name));
  const file = path.join(folder, 'nginx.conf');
  // As root, the worker would be somebody who may not read our directories.
  const user = process.getuid() === 0 ? 'user root;' : '';
  writeFileSync(
    file,
    `
    daemon off; worker_processes 1; ${user} pid ${folder}/nginx.pid;
    events { worker_connections 8192; }
    http {
      access_log off; keepalive_requests 1000000000; tcp_nodelay on;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      ${servers}
    }`,
  );
  const args = ['-c', file, '-p', folder, '-e', path.join(folder, 'error.log')];
  return await startListening({ command: NGINX, args, port, cpu });
}
