import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realTime } from '../../net/real-time.js';

/** A small web server of our own, for a first try of a tunnel. */
export interface HelloWorld {
  readonly port: number;
  close(): void;
}

const started = new Date(realTime.now());

/** Listens on a free port of loopback; requests under way may end after `close`. */
export async function startHelloWorld(): Promise<HelloWorld> {
  const server = http.createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url!.split('?', 1)[0];
  if (path === '/_health') return void response.end('ok');
  if (path === '/uptime') {
    const uptime = `${Math.floor((realTime.now() - started.getTime()) / 1000)}s`;
    response.setHeader('Content-Type', 'application/json');
    return void response.end(JSON.stringify({ startTime: started.toISOString(), uptime }));
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page(request));
}

function page({ method, url, headers }: IncomingMessage): string {
  const rows = Object.entries(headers).map(
    ([name, value]) => `<dt>${escapeHtml(name)}<dd>${escapeHtml(String(value))}`,
  );
  return `<!doctype html>
<meta charset="utf-8">
<title>Hello from behind the tunnel</title>
<h1>Hello from behind the tunnel</h1>
<p>The connector answers this itself: the tunnel works. Now point its ingress rule at a service of yours.</p>
<p>${escapeHtml(method!)} ${escapeHtml(url!)}</p>
<dl>${rows.join('')}</dl>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
