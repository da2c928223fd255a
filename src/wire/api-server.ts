import http, { type RequestListener } from 'node:http';
import { type ListeningSocket, type ListenOn, listen } from '../net/listening-socket.js';
import { drainable } from './drain.js';

/** The API's HTTP server, which listens before there is anything that answers: requests wait until there is. */
export interface ApiServer {
  readonly server: http.Server;
  readonly address: ListeningSocket['address'];
  /** Gives every request to `handler` from now on, those that have waited first. Called once. */
  serve(handler: RequestListener): void;
  readonly drain: ReturnType<typeof drainable>;
}

/** Requests that wait; more are refused. */
const MAX_WAITING = 256;
const TIMEOUTS = { requestTimeout: 30_000, keepAliveTimeout: 75_000 };

/** Rejects when the address cannot be had. */
export async function openApiServer(on: ListenOn): Promise<ApiServer> {
  const waiting: Parameters<RequestListener>[] = [];
  let take: RequestListener = (request, response) => {
    if (waiting.length < MAX_WAITING) waiting.push([request, response]);
    else response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end();
  };
  const server = http.createServer(TIMEOUTS, (request, response) => take(request, response));
  const drain = drainable(server);
  return {
    server,
    address: await listen(server, on),
    serve(handler) {
      take = handler;
      for (const one of waiting.splice(0)) if (!one[1].destroyed) handler(...one);
    },
    drain,
  };
}
