import type { DialOrigin } from '../origin-dial.js';
import { createEndpointIndex, type OriginTarget } from '../origin-target.js';
import type { ResponderOutcome, Responders } from '../responder.js';
import {
  MAX_STREAMS,
  type OriginSession,
  type OriginSessionServices,
  openOriginSession,
} from './origin-session.js';

/** Requests that wait for the same connection to be made. */
interface Dial {
  readonly waiters: Set<ResponderOutcome>;
}

/** Sessions with origins, shared by the requests for the same target. */
export function createHttp2Responders(services: OriginSessionServices, dialOrigin: DialOrigin): Responders {
  /** Never holds an empty set, nor a session that has retired. */
  const sessions = new Map<string, Set<OriginSession>>();
  /** The newest of each target that has room for more waiters. */
  const dials = new Map<string, Dial>();
  const sessionsAt = createEndpointIndex();
  const dialsAt = createEndpointIndex();
  let total = 0;
  let generation = 0;

  function remove(target: OriginTarget, session: OriginSession): void {
    const known = sessions.get(target.key);
    if (!known?.delete(session)) return;
    total -= 1;
    if (known.size > 0) return;
    sessions.delete(target.key);
    sessionsAt.remove(target);
  }

  function add(target: OriginTarget, session: OriginSession): void {
    const known = sessions.get(target.key);
    if (known) known.add(session);
    else {
      sessions.set(target.key, new Set([session]));
      sessionsAt.add(target);
    }
    total += 1;
  }

  function open(target: OriginTarget, socket: Parameters<typeof openOriginSession>[0]): OriginSession {
    const session: OriginSession = openOriginSession(socket, target.tls, services, {
      retired: () => remove(target, session),
      rests: () => {
        if (total > services.limits.idleTotal) session.retire();
      },
    });
    return session;
  }

  function startDial(target: OriginTarget, clientIp: string): Dial {
    const dial: Dial = { waiters: new Set() };
    const startedIn = generation;
    /** Each is told once, and not those that have given up, be it meanwhile. */
    const tell = (what: (waiter: ResponderOutcome) => void) => {
      if (dials.get(target.key) === dial) {
        dials.delete(target.key);
        dialsAt.remove(target);
      }
      for (const waiter of dial.waiters) {
        dial.waiters.delete(waiter);
        what(waiter);
      }
    };
    // Nobody gives up a dial that several wait for; it ends in time by itself.
    dialOrigin(target, clientIp, {
      connected(socket) {
        const session = open(target, socket);
        add(target, session);
        tell((waiter) => waiter.connected(session.open()));
        // Its way is not good for other requests any more.
        if (startedIn !== generation || total > services.limits.idleTotal) session.retire();
      },
      failed: (failure, cause) => tell((waiter) => waiter.failed(failure, cause)),
    });
    return dial;
  }

  function dialFor(target: OriginTarget, clientIp: string): Dial {
    const known = dials.get(target.key);
    if (known && known.waiters.size < MAX_STREAMS) return known;
    const dial = startDial(target, clientIp);
    dials.set(target.key, dial);
    dialsAt.add(target);
    return dial;
  }

  return {
    take(target) {
      for (const session of sessions.get(target.key) ?? []) if (session.available) return session.open();
      return null;
    },
    dial(target, clientIp, outcome) {
      const { waiters } = dialFor(target, clientIp);
      waiters.add(outcome);
      return () => waiters.delete(outcome);
    },
    drop(endpoint) {
      for (const key of dialsAt.keysOf(endpoint)) {
        dials.delete(key);
        dialsAt.remove({ key, endpoint });
      }
      for (const key of sessionsAt.keysOf(endpoint))
        for (const session of [...sessions.get(key)!]) session.retire();
    },
    renew() {
      generation += 1;
      dials.clear();
      dialsAt.clear();
      for (const known of [...sessions.values()]) for (const session of [...known]) session.retire();
    },
  };
}
