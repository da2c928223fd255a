// The origin behind everything that passes requests on. Where nginx is installed it is that, with files, which costs less than what is
// measured; otherwise bench/proxy/origin.mjs.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NGINX, startNginx } from './nginx.mjs';
import { temporaryDirectory } from './offramp.mjs';
import { freePort, startListening } from './processes.mjs';

const SCRIPT = path.resolve(import.meta.dirname, '../proxy/origin.mjs');
/** One machine, several addresses: an address can be in one virtual network only. */
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

export const ORIGIN_NAME = NGINX ? 'nginx' : 'bench/proxy/origin.mjs (nginx is not installed)';

/** Answers a GET of `/<bytes>` with so many bytes, and a POST to `/post` when it has read the body; resolves with its port. */
export async function startOrigin(sizes, { cpu = null } = {}) {
  const port = await freePort();
  if (NGINX) await startNginx({ port, servers: servers(port, sizes), cpu });
  else await startListening({ command: process.execPath, args: [SCRIPT, String(port)], port, cpu });
  return port;
}

/** `mirror` makes nginx read the whole body of a POST; then 405, what it has for a POST of a file, becomes another file. */
function servers(port, sizes) {
  const folder = path.join(temporaryDirectory(), 'files');
  mkdirSync(folder);
  for (const size of sizes) writeFileSync(path.join(folder, String(size)), Buffer.alloc(size, 'x'));
  for (const name of ['post', 'posted']) writeFileSync(path.join(folder, name), 'taken');
  return `
      sendfile on; open_file_cache max=16; client_body_buffer_size 128k;
      server {
        ${ADDRESSES.map((address) => `listen ${address}:${port} backlog=4096;`).join(' ')}
        root ${folder};
        location = /post { mirror /read; error_page 405 =200 /posted; }
        location = /read { internal; return 204; }
      }`;
}
