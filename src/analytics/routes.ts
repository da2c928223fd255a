import { z } from 'zod';
import { type AccessToken, allows } from '../api/access.js';
import type { Http } from '../api/http.js';
import type { GroupName } from '../api/permission-groups.js';
import type { Clock } from '../net/clock.js';
import { type FactsParts, factsOf } from './facts.js';
import type { TrafficMinutes } from './traffic-minutes.js';

export interface AnalyticsParts extends FactsParts {
  readonly traffic: TrafficMinutes;
  readonly clock: Pick<Clock, 'now'>;
}

const question = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

const READERS: readonly GroupName[] = ['Load Balancers Read', 'Load Balancers Write'];
const NO_FILTER = {
  ...{ loadBalancer: null, pool: null, origin: null, host: null, method: null, path: null },
  ...{ status: null, ray: null, clientIp: null, since: null },
};
/** As many as the log of requests gives. */
const MOST_LATEST = 1_000;

/** `POST /graphql`: how much traffic load balancers had, as exporters of metrics ask for it. See docs/metrics.md. */
export function analyticsRoutes(app: Http, parts: AnalyticsParts): void {
  const { world, traffic, clock, dataPlane } = parts;

  const zonesFor = (token: AccessToken | null) =>
    world.zones
      .by('all', '')
      .filter(
        ({ id, accountId }) =>
          token === null || allows(token.policies, READERS, { scope: 'zone', zone: id, account: accountId }),
      );

  app.post('/graphql', { schema: { hide: true, body: question } }, async ({ body, credential }) => {
    // A start, and most runs, do without the library.
    const { answerGraphql } = await import('./graphql.js');
    return await answerGraphql(body, {
      zones: () => zonesFor(credential?.token ?? null),
      facts: (zoneId, accountId) => factsOf(parts, zoneId, accountId),
      counts: traffic.counts,
      latest: async () => (await dataPlane.ask('requests', { ...NO_FILTER, limit: MOST_LATEST })).requests,
      now: () => new Date(clock.now()),
    });
  });
}
