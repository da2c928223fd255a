import { expect, test } from 'vitest';
import { parseIp } from '../../../src/net/addresses.js';
import {
  MalformedProxyHeader,
  type ProxiedAddresses,
  proxyHeader,
  readProxyHeader,
} from '../../../src/proxy/listeners/proxy-protocol.js';

/** The values are those of the specification: haproxy.org/download/2.6/doc/proxy-protocol.txt, sections 2.1 and 2.2. */

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const hex = (text: string) => Buffer.from(text.replace(/ /g, ''), 'hex');
const v2 = (rest: string) => hex(`${SIGNATURE}${rest}`);

const addresses = (source: string, sourcePort: number, destination: string, destinationPort: number) =>
  ({
    source: parseIp(source)!,
    sourcePort,
    destination: parseIp(destination)!,
    destinationPort,
  }) satisfies ProxiedAddresses;

const IPV4 = addresses('192.0.2.7', 56_324, '198.51.100.9', 443);
const IPV6 = addresses('2001:db8::7', 65_535, '2001:db8:0:1::9', 0);

const HEADERS: readonly (readonly [what: string, header: Buffer, read: ProxiedAddresses | null])[] = [
  ['v1 of TCP4', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.9 56324 443\r\n'), IPV4],
  ['v1 of TCP6', Buffer.from('PROXY TCP6 2001:db8::7 2001:db8:0:1::9 65535 0\r\n'), IPV6],
  ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), null],
  [
    'the longest v1, UNKNOWN with addresses',
    Buffer.from(`PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`),
    null,
  ],
  ['v2 of TCP4', v2('21 11 000c c0000207 c6336409 dc04 01bb'), IPV4],
  [
    'v2 of TCP6',
    v2('21 21 0024 20010db8000000000000000000000007 20010db8000000010000000000000009 ffff 0000'),
    IPV6,
  ],
  [
    'v2 with TLVs behind the addresses',
    v2(`21 11 0014 c0000207 c6336409 dc04 01bb ${'04 0005 0102030405'}`),
    IPV4,
  ],
  ['v2 LOCAL', v2('20 00 0000'), null],
  ['v2 LOCAL with addresses', v2('20 11 000c c0000207 c6336409 dc04 01bb'), null],
  ['v2 UNSPEC', v2('21 00 0002 abcd'), null],
  ['v2 of a UNIX socket', v2(`21 31 00d8 ${'00'.repeat(216)}`), null],
];

test.each(HEADERS)('%s is read, wherever it is cut, up to its last byte', (_, header, read) => {
  for (let length = 0; length < header.length; length += 1)
    expect(readProxyHeader(header.subarray(0, length))).toEqual({ kind: 'incomplete' });
  const rest = Buffer.from('GET / HTTP/1.1\r\n');
  for (const bytes of [header, Buffer.concat([header, rest])])
    expect(readProxyHeader(bytes)).toEqual({ kind: 'header', bytes: header.length, addresses: read });
});

test.each([
  'GET / HTTP/1.1\r\n',
  '\r\nGET / HTTP/1.1\r\n',
  '\r\n\r\nGET',
  'PROXIED / HTTP/1.1\r\n',
  '\x16\x03\x01',
  '\0\r\nQUIT\n',
])('%j is no header', (text) => {
  expect(readProxyHeader(Buffer.from(text, 'latin1'))).toEqual({ kind: 'none' });
});

test.each([
  ['another family', Buffer.from('PROXY UDP4 192.0.2.7 198.51.100.9 1 2\r\n')],
  ['no addresses', Buffer.from('PROXY TCP4\r\n')],
  ['an address of the other family', Buffer.from('PROXY TCP4 2001:db8::7 2001:db8::9 1 2\r\n')],
  ['an address that is none', Buffer.from('PROXY TCP4 192.0.2.300 198.51.100.9 1 2\r\n')],
  ['a port that is none', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.9 65536 2\r\n')],
  ['a port with a zero in front', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.9 080 2\r\n')],
  ['two spaces', Buffer.from('PROXY TCP4  192.0.2.7 198.51.100.9 1 2\r\n')],
  ['one word too many', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.9 1 2 3\r\n')],
  ['no end within 107 bytes', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
  ['version 1 in the signature of version 2', v2('11 11 000c c0000207 c6336409 dc04 01bb')],
  ['a command that is unknown', v2('22 11 000c c0000207 c6336409 dc04 01bb')],
  ['too few bytes for its family', v2('21 11 000b c0000207 c6336409 dc04 01')],
  ['more bytes than any proxy sends', v2('21 11 1001 c0000207')],
])('a header with %s is refused', (_, header) => {
  expect(() => readProxyHeader(header)).toThrow(MalformedProxyHeader);
});

test.each(['v1', 'v2'] as const)('what is written as %s is read as the same', (version) => {
  for (const written of [IPV4, IPV6]) {
    const header = proxyHeader(version, written);
    expect(readProxyHeader(header)).toEqual({ kind: 'header', bytes: header.length, addresses: written });
  }
  const mixed = addresses('192.0.2.7', 1, '2001:db8::9', 2);
  const header = proxyHeader(version, mixed);
  expect(readProxyHeader(header)).toEqual({ kind: 'header', bytes: header.length, addresses: mixed });
});
