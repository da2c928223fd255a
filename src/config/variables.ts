/**
 * Whether a value is an address that Kubernetes puts into the environment for a service, as Docker did for linked containers: those of a service
 * called `offramp` have names of Offramp's own variables (`OFFRAMP_PORT=tcp://10.0.0.1:7840`), and are not meant for it.
 */
export const isServiceLink = (value: string) => /^(tcp|udp|sctp):\/\/[^/]+:\d+$/.test(value);

/** Other variables of such services. Source: Kubernetes' documentation of services, "Environment variables". */
const OF_SERVICES =
  /^OFFRAMP_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR))$/;

const PREFIX = 'OFFRAMP_';
/** Characters that may be wrong in a name that still stands for another one: of those behind the prefix at most a third. */
const MAX_DISTANCE = 3;
const maxDistance = (name: string) => Math.min(MAX_DISTANCE, Math.floor((name.length - PREFIX.length) / 3));

/**
 * A sentence for each variable `OFFRAMP_…` that is none of the `known` names. Not a refusal: the environment is shared with other programs, and
 * with other versions of this one.
 */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  return Object.entries(env)
    .filter(([name]) => name.startsWith(PREFIX) && !known.includes(name))
    .filter(([name, value = '']) => !isServiceLink(value) && !OF_SERVICES.test(name))
    .map(([name]) => {
      const near = known
        .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
        .reduce((best, next) => (next.distance < best.distance ? next : best));
      const hint =
        near.distance <= maxDistance(name)
          ? `; did you mean ${near.candidate}?`
          : '; see --help for those that there are';
      return `${name} is no variable of Offramp, and has no effect${hint}`;
    });
}

/** Letters to insert, remove or replace, or neighbours to swap, to make one name of the other. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const above = rows[row - 1]!;
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          above[column]! + 1,
          current[column - 1]! + 1,
          above[column - 1]! + (same ? 0 : 1),
          swapped && row > 1 ? rows[row - 2]![column - 2]! + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    rows.push(current);
  }
  return rows[from.length]![to.length]!;
}
