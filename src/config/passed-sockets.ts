import type { TcpPortFlag } from './on-ramps.js';
import { UsageError } from './parse.js';
import type { StartConfig } from './start-config.js';

/** Descriptors of sockets that whoever started the process has opened, as systemd does for a socket unit (`sd_listen_fds(3)`). */
export interface PassedSockets {
  readonly api?: number | undefined;
  readonly edge?: number | undefined;
  readonly http?: number | undefined;
  readonly https?: number | undefined;
  /** TCP and UDP in whatever order. */
  readonly dns: readonly number[];
  /** By what follows `tcp-` in the name: the host name or the port of a `--tcp`. */
  readonly tcp: ReadonlyMap<string, number>;
}

type NamedPort = Pick<TcpPortFlag, 'port' | 'name'>;

export const NO_SOCKETS: PassedSockets = { dns: [], tcp: new Map() };

const FIRST_FD = 3;
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'];
const ONE_EACH = ['api', 'edge', 'http', 'https'] as const;

/**
 * Reads the sockets that were passed to this process, and removes the variables, so that no child takes them for its own.
 * Throws a UsageError for a name that nothing here has.
 */
export function takePassedSockets(
  env: Record<string, string | undefined>,
  pid: number,
  tcpPorts: readonly NamedPort[],
): PassedSockets {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  for (const name of VARIABLES) delete env[name];
  // For another process: variables are inherited, descriptors are not.
  if (LISTEN_PID !== `${pid}` || LISTEN_FDS === undefined) return NO_SOCKETS;
  const count = Number(LISTEN_FDS);
  const names = LISTEN_FDNAMES?.split(':') ?? [];
  if (!Number.isInteger(count) || names.length !== count)
    throw new UsageError(
      `LISTEN_FDS is "${LISTEN_FDS}" and LISTEN_FDNAMES "${LISTEN_FDNAMES ?? ''}"; each socket needs a name (FileDescriptorName= in its socket unit)`,
    );
  const single: { [K in (typeof ONE_EACH)[number]]?: number } = {};
  const dns: number[] = [];
  const tcp = new Map<string, number>();
  names.forEach((name, index) => {
    const fd = FIRST_FD + index;
    const own = ONE_EACH.find((one) => one === name);
    if (name === 'dns' && dns.length < 2) dns.push(fd);
    else if (own && single[own] === undefined) single[own] = fd;
    else if (isTcp(name, tcpPorts) && !tcp.has(name.slice(4))) tcp.set(name.slice(4), fd);
    else throw new UsageError(whyUnknown(name, tcpPorts));
  });
  return { ...single, dns, tcp };
}

const isTcp = (name: string, ports: readonly NamedPort[]) =>
  ports.some((one) => name === `tcp-${one.name}` || (one.port !== 0 && name === `tcp-${one.port}`));

function whyUnknown(name: string, ports: readonly NamedPort[]): string {
  const known = [...ONE_EACH, 'dns', ...ports.map((one) => `tcp-${one.name}`)].join(', ');
  return `a socket named "${name}" was passed, which is unknown or was passed twice; the names are ${known} (FileDescriptorName= in the socket unit; dns may come once for TCP and once for UDP)`;
}

/**
 * Throws a UsageError when two flags name the same port of an address: the second would be told that another program has it. Flags of sockets
 * that were passed are not looked at.
 */
export function refuseSharedPorts(
  config: Pick<StartConfig, 'api' | 'standIn' | 'metrics' | 'edge' | 'http' | 'https' | 'dns' | 'tcp'>,
  passed: PassedSockets,
): void {
  const { api, standIn, metrics, edge, http, https, dns, tcp } = config;
  const own = [
    ...Object.entries({ port: api, 'edge-port': edge, 'http-port': http, 'https-port': https }).filter(
      (_, index) => passed[ONE_EACH[index]!] === undefined,
    ),
    ...(standIn ? [['stand-in-port', standIn] as const] : []),
    ...(metrics ? [['metrics-port', metrics] as const] : []),
    ...(passed.dns.length === 0 ? [['dns-port', dns] as const] : []),
    ...tcp.ports
      .filter(({ name, port }) => !passed.tcp.has(name) && !passed.tcp.has(`${port}`))
      .map(({ port }) => ['tcp', { host: tcp.host, port }] as const),
  ];
  const flagAt = new Map<string, string>();
  for (const [flag, { host, port }] of own) {
    if (port === 0) continue;
    const address = `port ${port} of ${host}`;
    const other = flagAt.get(address);
    if (other !== undefined)
      throw new UsageError(`--${other} and --${flag} both take ${address}; each needs one of its own`);
    flagAt.set(address, flag);
  }
}
