import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { realTime } from '../net/real-time.js';
import { type HostPort, parseHostPort } from './address-map.js';

const LOOKUP_TIMEOUT_MS = 10_000;

/** Throws what is wrong with the text. */
export function parseEdge(text: string): HostPort {
  const edge = parseHostPort(text);
  if (!edge)
    throw new Error(`invalid edge address "${text}": it must be <host>:<port>, such as 127.0.0.1:7844`);
  return edge;
}

/**
 * Every address that edges have now, each once: a name stands for all of its addresses. Names that are not found are left
 * out; rejects when nothing is left.
 */
export async function resolveEdges(edges: readonly HostPort[]): Promise<HostPort[]> {
  const results = await Promise.allSettled(edges.map(addressesOf));
  const found = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (found.length === 0) throw failed?.reason;
  return [...new Map(found.map((address) => [`${address.host} ${address.port}`, address])).values()];
}

async function addressesOf({ host, port }: HostPort): Promise<HostPort[]> {
  if (isIP(host)) return [{ host, port }];
  const timer = new AbortController();
  const late = realTime.wait(LOOKUP_TIMEOUT_MS, { keepsAlive: true, signal: timer.signal }).then(() => {
    throw new Error(`the edge's name ${host} was not resolved within ${LOOKUP_TIMEOUT_MS} ms`);
  });
  late.catch(() => {});
  const found = await Promise.race([lookup(host, { all: true }), late]).finally(() => timer.abort());
  return found.map(({ address }) => ({ host: address, port }));
}
