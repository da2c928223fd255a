import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A small web server that says its name; what "private" origins of the demo really are. */
export interface SmallOrigin {
  readonly name: string;
  readonly port: number;
  /** Ends it as a crash would: open connections are reset, the port refuses. */
  kill(): Promise<void>;
  /** Brings it back on the same port. */
  revive(): Promise<void>;
}

export async function startSmallOrigin(name: string): Promise<SmallOrigin> {
  let server = serve(name);
  const port = await listen(server, 0);
  return {
    name,
    port,
    async kill() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async revive() {
      server = serve(name);
      await listen(server, port);
    },
  };
}

function serve(name: string): http.Server {
  return http.createServer((request, response) => {
    response.setHeader('content-type', 'text/plain');
    response.end(`${name} answered ${request.url} for ${request.headers.host}\n`);
  });
}

function listen(server: http.Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
