/** The answer of `GET /_offramp/explain`, as far as it is told to a person. */
export interface WireExplanation {
  readonly host: string;
  readonly client_ip: string;
  readonly place: { readonly pop: string; readonly country: string; readonly region: string };
  readonly load_balancer: (Named & { readonly proxied: boolean }) | null;
  readonly published_hostname: Named | null;
  readonly decision: {
    readonly pool_set: string | null;
    readonly rules: readonly string[];
    readonly policy: string;
    readonly pin: string;
  } | null;
  readonly affinity: string | null;
  readonly candidates: readonly WirePool[];
  readonly fallback: WirePool | null;
  readonly chosen: WireChoice | null;
  readonly connectors: readonly { readonly client_id: string; readonly connections: number }[];
  readonly fixed_response: { readonly status: number; readonly location: string } | null;
  readonly error: { readonly status: number; readonly code: number; readonly text: string } | null;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

interface WirePool {
  readonly id: string;
  readonly name: string | null;
  readonly state: string;
  readonly share: number;
  readonly origins: readonly {
    readonly name: string;
    readonly address: string;
    readonly reason: string | null;
    readonly health: string | null;
    readonly detail: string | null;
    readonly share: number;
  }[];
}

interface WireChoice {
  readonly pool: Named | null;
  readonly origin: { readonly name: string; readonly address: string; readonly port: number };
  readonly via_fallback: boolean;
  readonly pinned: boolean;
  readonly starts_session: boolean;
  readonly way: {
    readonly kind: string;
    readonly tunnel: Named | null;
    readonly route: { readonly network: string } | null;
    readonly detail: string | null;
    readonly avoided: readonly { readonly client_id: string; readonly reason: string }[];
  };
  /** An older server says nothing of them. */
  readonly faults?: readonly string[];
}

/** The whole answer in lines, the outcome last, where the eye is. */
export function describeExplanation(answer: WireExplanation): string {
  const { place, decision, load_balancer, published_hostname: published } = answer;
  const from = [place.pop, place.country, place.region].filter(Boolean).join(', ');
  return [
    row('Request', `to ${answer.host} from ${answer.client_ip} (${from})`),
    published
      ? row('Published', `${published.name} (${published.id})`)
      : row(
          'Load balancer',
          load_balancer ? `${load_balancer.name} (${load_balancer.id})` : 'none has this name',
        ),
    ...(load_balancer?.proxied === false ? [row('On-ramp', UNPROXIED)] : []),
    ...(decision
      ? [
          row('Pool set', decision.pool_set ?? 'none matches'),
          row('Rules', decision.rules.join(', ') || 'none matches'),
          row('Steering', decision.policy),
          row('Session', session(answer)),
        ]
      : []),
    ...answer.candidates.flatMap((pool, index) => poolLines(index === 0 ? 'Pools' : '', pool)),
    ...(answer.fallback ? poolLines('Fallback pool', answer.fallback) : []),
    row('Outcome', outcome(answer)),
    ...(answer.chosen?.way.avoided ?? []).map(({ client_id, reason }) =>
      row('', `connector ${client_id} is asked last: it ${reason}`),
    ),
    ...(answer.chosen?.faults?.length
      ? [row('Faults', `${answer.chosen.faults.join(', ')} (GET /_offramp/faults)`)]
      : []),
  ].join('\n');
}

const UNPROXIED =
  'DNS, which names an origin of its own choice; this is for a request that comes here nevertheless';

/** Names are anybody's, and a terminal obeys control characters. */
const row = (label: string, text: string) => `${label.padEnd(15)}${text.replace(/\p{Cc}/gu, '?')}`;

function session({ affinity, decision, chosen }: WireExplanation): string {
  if (!affinity || affinity === 'none') return 'no affinity';
  const carried = SESSIONS[decision?.pin ?? 'none'] ?? decision?.pin;
  return `${affinity}: ${carried}${chosen?.starts_session ? '; one begins with the response' : ''}`;
}

const SESSIONS: Readonly<Record<string, string>> = {
  none: 'the request carries none that is good',
  honoured: 'the request belongs to one, which is kept',
  pool_gone: 'its pool takes no part any more',
  origin_gone: 'its origin is gone, or drained',
  origin_unhealthy: 'its origin is unhealthy',
  shed: 'its pool sheds it',
};

function poolLines(label: string, { id, name, state, share, origins }: WirePool): string[] {
  const served = share > 0 ? `gets ${percent(share)}` : '';
  return [
    row(label, `${(name ?? id).padEnd(24)} ${words(state).padEnd(20)} ${served}`.trimEnd()),
    ...origins.flatMap((origin) => {
      const state = origin.reason ?? origin.health ?? 'not monitored';
      const place = `${origin.name} (${origin.address})`;
      const part = origin.share > 0 ? `of it ${percent(origin.share)}` : '';
      const line = row('', `  ${place.padEnd(36)} ${words(state).padEnd(20)} ${part}`.trimEnd());
      return origin.detail ? [line, row('', `    ${origin.detail}`)] : [line];
    }),
  ];
}

const words = (state: string) => state.replaceAll('_', ' ');
const percent = (share: number) => `${Math.round(share * 100)} %`;
/** Chance had a part in it, so the next request may fare otherwise. */
const isDrawn = ({ share }: { readonly share: number }) => share > 0 && share < 1;

function outcome({ chosen, connectors, fixed_response: fixed, error, ...rest }: WireExplanation): string {
  if (fixed) return `fixed response ${fixed.status}${fixed.location ? ` to ${fixed.location}` : ''}`;
  if (!chosen) return error ? `error ${error.status} (${error.code}): ${error.text}` : 'unknown';
  const { origin, pool, way } = chosen;
  const pools = [...rest.candidates, ...(rest.fallback ? [rest.fallback] : [])];
  const drawn = pools.some((candidate) => isDrawn(candidate) || candidate.origins.some(isDrawn));
  const why = chosen.pinned ? ', for its session' : chosen.via_fallback ? ', as fallback' : '';
  const place = pool ? `${origin.name} in ${pool.name}` : origin.name;
  const chance = drawn ? ', at random' : '';
  const by = connectors.map(({ client_id }) => client_id).join(' or ') || 'unknown';
  if (way.kind === 'ingress') {
    const tunnel = way.tunnel?.name ?? way.tunnel?.id;
    return `${place}${why}${chance}, through the ingress rules of tunnel ${tunnel} (connector ${by})`;
  }
  const port = origin.address.includes(':')
    ? `[${origin.address}]:${origin.port}`
    : `${origin.address}:${origin.port}`;
  const to = `${place} at ${port}${why}${chance}`;
  if (way.kind === 'direct') return `${to}, directly`;
  if (way.kind === 'none') return `${to}: but ${way.detail}${error ? `, so error ${error.status}` : ''}`;
  return `${to}, through tunnel ${way.tunnel?.name ?? way.tunnel?.id} (route ${way.route?.network}, connector ${by})`;
}
