import http from 'node:http';

export interface TrafficAnswer {
  readonly status: number;
  readonly body: string;
}

/** A client of the proxy that keeps its connections, with at most `connections` of them. */
export interface TrafficClient {
  get(host: string, path?: string): Promise<TrafficAnswer>;
  close(): void;
}

export function trafficClient(address: string, connections = 1): TrafficClient {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const [hostname, port] = address.split(':');
  return {
    get: (host, path = '/') =>
      new Promise((resolve, reject) => {
        const request = http.get(
          { hostname, port, path, agent, headers: { host }, timeout: 100_000 },
          (response) => {
            let body = '';
            response.setEncoding('utf8');
            response.on('data', (chunk: string) => {
              body += chunk;
            });
            response.on('end', () => resolve({ status: response.statusCode!, body }));
            response.on('error', reject);
          },
        );
        request.on('timeout', () => request.destroy(new Error('no answer in 100 s')));
        request.on('error', reject);
      }),
    close: () => agent.destroy(),
  };
}
