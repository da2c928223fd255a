import type { QuestionName, Questions } from '../bridge/messages.js';
import type { DataPlaneParts } from './data-plane-parts.js';

type Answer<Q extends QuestionName> = Questions[Q]['answer'] | Promise<Questions[Q]['answer']>;

/** What answers each question; a throw or a rejection is the reason why there is no answer. */
export type Answers = { readonly [Q in QuestionName]: (ask: Questions[Q]['ask']) => Answer<Q> };

export function answersOf({
  clock,
  edge,
  quickTunnels,
  load,
  sessions,
  requests,
  metrics,
  accessLog,
  spans,
  proxy,
  explain,
  privates,
  prober,
  faults,
  poolEvents,
  healthReports,
}: DataPlaneParts): Answers {
  return {
    pool_health: ({ poolId }) => prober.poolHealth(poolId),
    start_preview: (request) => {
      prober.previews.start(request);
      return null;
    },
    preview: ({ accountId, previewId }) => prober.previews.report(accountId, previewId),
    requests: (filter) => {
      const count = requests.count(filter);
      if (count === 0) return { count, requests: [], nearest: requests.nearest(filter) };
      return { count, requests: requests.find(filter), nearest: [] };
    },
    count_requests: ({ filter, after }) => ({
      count: requests.count(filter, after),
      added: requests.added,
      cleared: requests.cleared,
    }),
    forget_requests: () => {
      requests.clear();
      return null;
    },
    explain,
    faults: faults.reports,
    set_faults: (next) => {
      faults.replace(next);
      return null;
    },
    clock: () => clock.state,
    async set_clock({ to, passage }) {
      const settled = await clock.move(to, passage);
      poolEvents.flush();
      healthReports.flush();
      return settled;
    },
    add_fault: (fault) => {
      faults.add(fault);
      return null;
    },
    remove_fault: faults.remove,
    forget: () => {
      for (const one of [requests, sessions, prober.previews, quickTunnels]) one.clear();
      faults.replace([]);
      metrics.forgetGone();
      return null;
    },
    metrics: () => metrics.report({ load, edge, proxy, accessLog, spans }),
    private_addresses: () => privates?.addresses() ?? [],
    open_quick_tunnel: quickTunnels.open,
    drop_connections: ({ tunnelId, clientId }) => edge.drop(tunnelId, clientId),
  };
}
