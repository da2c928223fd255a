// HAProxy: one thread, connections to the origin that are kept and shared, the same kind of added headers. bench/tunnel uses it as well.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../support/offramp.mjs';
import { findProgram, freePort, startListening } from '../support/processes.mjs';

export const HAPROXY = findProgram('haproxy');

/** Resolves with the child when it listens. */
export async function startHaproxy({ port, binds = [], originPort, cpu = null }) {
  const file = path.join(temporaryDirectory(), 'haproxy.cfg');
  writeFileSync(
    file,
    `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  ${binds.join('\n  ')}
  default_backend origin
backend origin
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header CF-Connecting-IP %[src]
  server origin 127.0.0.1:${originPort}
`,
  );
  return await startListening({ command: HAPROXY, args: ['-db', '-f', file], port, cpu, quiet: true });
}

export async function startHaproxyContender({ originPort, cpu, certificate }) {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const binds = certificate ? [`bind 127.0.0.1:${tlsPort} ssl crt ${certificate.both} alpn h2,http/1.1`] : [];
  const { pid } = await startHaproxy({ port, binds, originPort, cpu });
  return { pid, http: port, https: tlsPort };
}
