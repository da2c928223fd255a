import type { Connection } from './connection.js';

/** Whose turn it is to carry a health check. */
export interface CheckTurns {
  /** The client id of one of `connectors`, of which there is at least one: each in turn for this destination. */
  next(tunnelId: string, destination: string, connectors: readonly Connection[]): string;
}

/** Destinations whose turn is remembered; the oldest go first. */
const MAX_DESTINATIONS = 16_384;

/**
 * Checks go through the connectors of a tunnel in turn: chosen by load as traffic is, they could go round one whose network is
 * dead for as long as streams that get no answer stay open in it.
 */
export function createCheckTurns(): CheckTurns {
  /** The one before, least recently asked first. */
  const turns = new Map<string, number>();
  return {
    next(tunnelId, destination, connectors) {
      const key = `${tunnelId} ${destination}`;
      const turn = ((turns.get(key) ?? -1) + 1) % connectors.length;
      turns.delete(key);
      if (turns.size >= MAX_DESTINATIONS) turns.delete(turns.keys().next().value as string);
      turns.set(key, turn);
      return connectors[turn]!.info.clientId;
    },
  };
}
