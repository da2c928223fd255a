// nginx as a proxy: one worker, connections to the origin that are kept, the headers that Offramp adds, no file between client and origin.
import { startNginx } from '../support/nginx.mjs';
import { freePort } from '../support/processes.mjs';

/** As large as a read of ours, so that a large body takes as few system calls. */
const TUNED = 'proxy_buffers 16 64k; proxy_buffer_size 64k;';

export async function startNginxContender({ originPort, cpu, certificate }, { tuned = false } = {}) {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const servers = `
      proxy_max_temp_file_size 0; client_body_buffer_size 128k; ${tuned ? TUNED : ''}
      upstream origin { server 127.0.0.1:${originPort}; keepalive 1024; keepalive_requests 1000000000; }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        ${certificate ? tls(tlsPort, certificate) : ''}
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
  return { pid, http: port, https: tlsPort };
}

/** The versions of TLS that Offramp has; sessions may be resumed with tickets, which is the default of both. */
const tls = (port, { cert, key }) =>
  `listen 127.0.0.1:${port} ssl http2 backlog=4096; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${cert}; ssl_certificate_key ${key};`;
