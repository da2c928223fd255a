import { readFileSync, statSync } from 'node:fs';
import { type Cidr, cidrContains, parseCidr, parseIp } from '../net/addresses.js';
import { canonicalHost } from '../net/hostnames.js';
import { type LocatedNetwork, parseLocations } from '../net/locations.js';
import { UsageError } from './parse.js';
import { integerFlag, wrong } from './values.js';

/** A port whose connections go to one load balancer. */
export interface TcpPortFlag {
  /** 0 = any free port. */
  readonly port: number;
  /** Host name of the load balancer, in canonical form. */
  readonly name: string;
  /** The PROXY header with which connections to origins begin; null sends none. */
  readonly sendProxy: 'v1' | 'v2' | null;
}

/** Where the load balancers of accounts get addresses of their own. */
export interface PrivateNetwork {
  readonly network: Cidr;
  /** The same for all; 0 = any free port for each. */
  readonly port: number;
}

const HOSTNAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/;

/** `5432=db.example.com`, perhaps with `,proxy=v2` behind it; each name once. */
export function tcpPorts(values: readonly string[]): TcpPortFlag[] {
  const names = new Set<string>();
  const ports = new Set<string>();
  return withOptions(values).map((value) => {
    const [, port = '', spelled = '', sendProxy = null] = TCP_PORT.exec(value.toLowerCase()) ?? [];
    const name = canonicalHost(spelled);
    if (!HOSTNAME.test(name)) {
      throw wrong(
        'tcp',
        value,
        'a port and the host name of a load balancer, such as 5432=db.example.com or 5432=db.example.com,proxy=v2',
      );
    }
    if (names.has(name)) throw new UsageError(`--tcp names ${name} twice; a load balancer has one TCP port`);
    names.add(name);
    if (port !== '0' && ports.has(port))
      throw new UsageError(`--tcp gives port ${port} to two load balancers; a port leads to one`);
    ports.add(port);
    return {
      port: integerFlag('tcp', port, 0, 65_535),
      name,
      sendProxy: sendProxy as TcpPortFlag['sendProxy'],
    };
  });
}

const TCP_PORT = /^([^=]*)=([^=,]*)(?:,proxy=(v1|v2))?$/;

/** In the environment commas stand between ports as well: what is only an option belongs to the port before it. */
function withOptions(values: readonly string[]): string[] {
  const whole: string[] = [];
  for (const value of values) {
    if (whole.length > 0 && /^proxy=/i.test(value)) whole.push(`${whole.pop()},${value}`);
    else whole.push(value);
  }
  return whole;
}

export function advertisedAddresses(values: readonly string[]): string[] {
  return values.map((value) => {
    const ip = parseIp(value);
    if (!ip) throw wrong('advertise-address', value, 'an IP address');
    return ip.text;
  });
}

const MAX_DNS_NAMES = 8;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** `ns1`, below the apex of each zone, or `ns1.example.net`, the same for all; lower case, each once. */
export function dnsNames(values: readonly string[]): string[] {
  const names = values.map((value) => value.toLowerCase().replace(/(?<=.)\.$/, ''));
  for (const [index, name] of names.entries()) {
    if (name.length > 253 || !name.split('.').every((label) => LABEL.test(label))) {
      throw wrong('dns-name', values[index]!, 'a label such as ns1, or a host name such as ns1.example.net');
    }
  }
  if (new Set(names).size < names.length) {
    throw new UsageError(`--dns-name names the same name server twice: ${names.join(', ')}`);
  }
  if (names.length > MAX_DNS_NAMES) {
    throw new UsageError(
      `--dns-name is given ${names.length} times; a zone has at most ${MAX_DNS_NAMES} name servers`,
    );
  }
  return names;
}

/** Only where every address of 127.0.0.0/8 is the machine's own can one be bound without being configured first. */
const DEFAULT_NETWORK = process.platform === 'linux' ? '127.100.0.0/16' : 'off';
const PRIVATE_SPACE = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

/** `10.20.0.0/16`, or `off`. */
export function privateNetwork(value: string | null, port: string): PrivateNetwork | null {
  const text = value ?? DEFAULT_NETWORK;
  const portNumber = integerFlag('private-port', port, 0, 65_535);
  if (text === 'off') return null;
  const network = parseCidr(text);
  const allowed =
    network &&
    PRIVATE_SPACE.some((space) => cidrContains(parseCidr(space) as Cidr, network)) &&
    network.prefix <= 30;
  if (!allowed || network.hadHostBits) {
    throw wrong(
      'private-network',
      text,
      `off, or an IPv4 network of up to 30 bits in ${PRIVATE_SPACE.join(', ')}`,
    );
  }
  return { network, port: portNumber };
}

const MAX_FILE_BYTES = 64 * 1024 * 1024;

export function locatedNetworks(file: string): LocatedNetwork[] {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes; the most is ${MAX_FILE_BYTES}`);
    return parseLocations(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--locations "${file}": ${(error as Error).message}`);
  }
}
