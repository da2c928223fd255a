import { dialOrigin } from './dial.js';
import { type Probe, passed } from './probe.js';

/** Up when the origin accepts a connection on the monitor's port. Nothing is sent. */
export const probeTcp: Probe = async (target, dependencies, signal) => {
  const { monitor } = target;
  const startedAt = dependencies.real.monotonic();
  const socket = await dialOrigin(target, monitor.port, monitor.timeout * 1_000, dependencies, signal);
  // In good order: an origin shall not see a reset with every check.
  socket.destroySoon();
  const rttMs = dependencies.real.monotonic() - startedAt;
  return passed(0, rttMs);
};
