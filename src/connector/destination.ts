import { hostPort, parseIp } from '../net/ip.js';

export interface IpPort {
  /** Canonical IP address. */
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.1:80` or `[fd00::1]:80`; null for anything else, host names included. */
export function parseIpPort(text: string): IpPort | null {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^[\]:]+)):(\d{1,5})$/.exec(text);
  const ip = match && parseIp(match[1] ?? match[2]!);
  const port = Number(match?.[3]);
  return ip && port >= 1 && port <= 65_535 ? { host: ip.text, port } : null;
}

/** The same destination is always the same text. */
export function formatIpPort({ host, port }: IpPort): string {
  return hostPort(host, port);
}
