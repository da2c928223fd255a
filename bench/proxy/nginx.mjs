// nginx as a proxy: one worker, connections to the origin that are kept, the headers that Offramp adds, no file between client and origin.
import { startNginx } from '../support/nginx.mjs';
import { freePort } from '../support/processes.mjs';

/** As large as a read of ours, so that a large body takes as few system calls. */
const TUNED = 'proxy_buffers 16 64k; proxy_buffer_size 64k;';

export async function startNginxContender({ originPort, cpu }, { tuned = false } = {}) {
  const port = await freePort();
  const servers = `
      proxy_max_temp_file_size 0; ${tuned ? TUNED : ''}
      upstream origin { server 127.0.0.1:${originPort}; keepalive 1024; keepalive_requests 1000000000; }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header CF-Connecting-IP $remote_addr;
          proxy_set_header CF-Ray $request_id;
          add_header CF-Ray $request_id;
        }
      }`;
  const { pid } = await startNginx({ port, servers, cpu });
  return { pid, http: port };
}
