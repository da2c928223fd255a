import type { Ip } from '../../net/addresses.js';
import { type ProxiedAddresses, V2_SIGNATURE } from './read-header.js';

export type ProxyHeaderVersion = 'v1' | 'v2';

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const PROXY_COMMAND = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;

/** The header that tells an origin who its client is. Addresses of two families are both written as IPv6. */
export function proxyHeader(version: ProxyHeaderVersion, addresses: ProxiedAddresses): Buffer {
  const { source, destination } = addresses;
  const family = source.family === 4 && destination.family === 4 ? 4 : 6;
  return version === 'v1' ? v1(addresses, family) : v2(addresses, family);
}

function v1({ source, sourcePort, destination, destinationPort }: ProxiedAddresses, family: 4 | 6): Buffer {
  const text = (ip: Ip) => (ip.family === family ? ip.text : `::ffff:${ip.text}`);
  return Buffer.from(
    `PROXY TCP${family} ${text(source)} ${text(destination)} ${sourcePort} ${destinationPort}\r\n`,
  );
}

function v2({ source, sourcePort, destination, destinationPort }: ProxiedAddresses, family: 4 | 6): Buffer {
  const bytes = (ip: Ip) => (ip.family === family ? ip.bytes : [...MAPPED, ...ip.bytes]);
  const addresses = Buffer.from([...bytes(source), ...bytes(destination)]);
  const rest = Buffer.alloc(4);
  rest.writeUInt16BE(PROXY_COMMAND * 256 + (family === 4 ? TCP4 : TCP6), 0);
  rest.writeUInt16BE(addresses.length + 4, 2);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(destinationPort, 2);
  return Buffer.concat([V2_SIGNATURE, rest, addresses, ports]);
}
