// What is compared. A contender is a command that listens on `port` and sends everything to `originPort`; to add one,
// add a row. The harness waits until the port accepts.
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const here = import.meta.dirname;
const NGINX = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((file) => existsSync(file));

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {(port: number, originPort: number) => { command: string, args: string[] }} start
 */

/** @returns {Contender[]} */
export function contenders() {
  const ours = { name: 'offramp', start: node('ours.mjs') };
  const connector = { name: 'via connector', start: node('ours-connector.mjs') };
  const httpProxy = { name: 'http-proxy', start: node('http-proxy.mjs') };
  const nginx = { name: 'nginx', start: (port, originPort) => startNginx(port, originPort) };
  return NGINX ? [ours, connector, nginx, httpProxy] : [ours, connector, httpProxy];
}

function node(script) {
  return (port, originPort) => ({
    command: process.execPath,
    args: [path.join(here, script), String(port), String(originPort)],
  });
}

function startNginx(port, originPort) {
  const folder = mkdtempSync(path.join(tmpdir(), 'offramp-bench-nginx-'));
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(path.join(folder, name));
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, nginxConfig(folder, port, originPort));
  return { command: NGINX, args: ['-c', file, '-p', folder, '-e', path.join(folder, 'error.log')] };
}

/** One worker, keep-alive to the origin, no access log, nothing spooled to disk, the same kind of added headers. */
function nginxConfig(folder, port, originPort) {
  return `
    daemon off; worker_processes 1; pid ${folder}/nginx.pid;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_requests 1000000000; tcp_nodelay on; proxy_max_temp_file_size 0;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      upstream origin { server 127.0.0.1:${originPort}; keepalive 256; keepalive_requests 1000000000; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto http;
          proxy_set_header CF-Connecting-IP $remote_addr;
          proxy_set_header CF-Ray $request_id;
          add_header CF-Ray $request_id;
        }
      }
    }`;
}
