import { z } from 'zod';
import type { DataPlane } from '../../bridge/data-plane.js';
import type { Explanation } from '../../bridge/reports.js';
import type { Http } from '../http.js';
import { asked } from './asked.js';
import { canonicalIp, words } from './query.js';
import { snakeCased } from './snake-case.js';

/** A field name, a colon and a value that makes no other line. */
const header = z
  .string()
  .max(8192, 'must be at most 8192 characters')
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e]*$/, 'must be like "Name: value"');

const query = z.strictObject({
  host: words.regex(/^[!-~]+$/, 'must be a host name, with a port or without'),
  path: z
    .string()
    .max(8192, 'must be at most 8192 characters')
    .regex(/^\/[!-~]*$/, 'must start with /, and be as it is sent: printable ASCII without spaces')
    .default('/'),
  ip: canonicalIp.default('127.0.0.1'),
  method: z
    .string()
    .regex(/^[A-Z]{1,32}$/, 'must be a method such as GET')
    .default('GET'),
  scheme: z.enum(['http', 'https']).default('http'),
  header: z
    .union([header.transform((one) => [one]), z.array(header).max(64, 'must be at most 64')])
    .default([]),
});

/** `GET /_offramp/explain`: what would become of a request, and why, without sending it. */
export function explainRoutes(app: Http, dataPlane: Pick<DataPlane, 'ask' | 'connections'>): void {
  app.get('/_offramp/explain', { schema: { hide: true, querystring: query } }, async ({ query: wanted }) => {
    const explanation = await asked(dataPlane, 'explain', {
      scheme: wanted.scheme,
      authority: wanted.host,
      target: wanted.path,
      method: wanted.method,
      clientIp: wanted.ip,
      headers: wanted.header.map(nameAndValue),
    });
    return { ...(snakeCased(explanation) as object), connectors: connectors(explanation, dataPlane) };
  });
}

function nameAndValue(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** The connectors that a way through a tunnel may take, each once, and how many connections it has. */
function connectors({ chosen }: Explanation, dataPlane: Pick<DataPlane, 'connections'>) {
  const tunnel = chosen?.way.tunnel;
  const counts = new Map<string, number>();
  for (const { clientId } of tunnel ? dataPlane.connections(tunnel.id) : [])
    counts.set(clientId, (counts.get(clientId) ?? 0) + 1);
  return [...counts].map(([client_id, connections]) => ({ client_id, connections }));
}
