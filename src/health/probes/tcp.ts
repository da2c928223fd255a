import { dialOrigin } from './dial.js';
import { type Probe, passed } from './probe.js';

/** Up when the origin accepts a connection on the monitor's port. Nothing is sent. */
export const probeTcp: Probe = async (target, means, signal) => {
  const { monitor } = target;
  const startedAt = means.real.monotonic();
  const socket = await dialOrigin(target, monitor.port, monitor.timeout * 1_000, means, signal);
  // In good order: an origin shall not see a reset with every check.
  socket.destroySoon();
  const rttMs = means.real.monotonic() - startedAt;
  return passed(0, rttMs);
};
