import { OriginConnection, type OriginServices } from './origin-connection.js';
import type { DialOrigin } from './origin-dial.js';
import type { OriginIdle } from './origin-idle.js';
import type { Responders } from './responder.js';

export interface Http1RespondersOptions extends OriginServices {
  readonly idle: OriginIdle;
}

/** Connections for one request at a time, kept while they rest. */
export function createHttp1Responders(services: Http1RespondersOptions, dialOrigin: DialOrigin): Responders {
  const { idle } = services;
  return {
    take: (target) => idle.take(target.key) ?? null,
    dial(target, clientIp, { connected, failed }) {
      const { generation } = idle;
      return dialOrigin(target, clientIp, {
        connected: (socket) => connected(new OriginConnection(socket, target, generation, services)),
        failed,
      });
    },
    drop: idle.drop,
    renew: idle.renew,
  };
}
