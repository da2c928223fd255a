import { realTime } from '../net/real-time.js';
import type { Http2Session } from '../tunnel/h2/session.js';

/** After so long without a word, 20 s at the most, the edge is asked for one; it is given up after as long again. */
const SILENCE_MS = 10_000;

/** Ends a session whose edge is gone without a word. An edge that says something by itself, as ours does, is not asked. */
export function endWhenSilent(session: Http2Session): void {
  let heard = session.received;
  let asked = false;
  const look = () => {
    if (session.received !== heard) {
      heard = session.received;
      asked = false;
    } else if (asked) session.destroy(new Error('the edge does not answer pings'));
    else asked = session.ping(() => {});
  };
  session.once('close', realTime.every(SILENCE_MS, look, { keepsAlive: true }));
}
