import http from 'node:http';
import { HOST } from './rig.js';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Question {
  readonly path?: string;
  readonly method?: string;
  readonly host?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}

/** One request to the proxy on `port`, on a connection of its own. */
export function ask(port: number, question: Question = {}): Promise<Answer> {
  const { path = '/', method = 'GET', host = HOST, headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, method, agent: false as const };
    const request = http.request({ ...options, headers: { host, ...headers } }, (response) => {
      let received = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        received += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: received }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The `__cflb` cookie that an answer sets, as a request carries it; undefined when it sets none. */
export function sessionCookie({ headers }: Answer): string | undefined {
  return headers['set-cookie']?.find((field) => field.startsWith('__cflb='))?.split(';')[0];
}
