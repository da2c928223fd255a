import { expect, test } from 'vitest';
import { hostPort, isGloballyRoutable, parseIp } from '../../src/net/addresses.js';

test.each([
  ['192.0.2.1', 4, '192.0.2.1'],
  ['0.0.0.0', 4, '0.0.0.0'],
  ['255.255.255.255', 4, '255.255.255.255'],
  ['::', 6, '::'],
  ['::1', 6, '::1'],
  ['2001:DB8::F', 6, '2001:db8::f'],
  ['2001:0db8:0000:0000:0001:0000:0000:0001', 6, '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', 6, '2001:db8:0:1:1:1:1:1'],
  ['1:2:3:4:5:6:7::', 6, '1:2:3:4:5:6:7:0'],
  ['64:ff9b::192.0.2.1', 6, '64:ff9b::c000:201'],
  ['::192.0.2.1', 6, '::c000:201'],
  ['::ffff:192.0.2.1', 4, '192.0.2.1'],
  ['::FFFF:C000:0201', 4, '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:201', 4, '192.0.2.1'],
])('%s is an address', (text, family, canonical) => {
  const ip = parseIp(text);
  expect(ip).toMatchObject({ family, text: canonical });
  expect(ip?.bytes).toHaveLength(family === 4 ? 4 : 16);
  expect(parseIp(canonical)).toEqual(ip);
});

test.each([
  ['leading zeros', '010.0.0.1'],
  ['two zeros', '10.0.00.1'],
  ['hex', '0x0a.0.0.1'],
  ['three parts', '10.0.1'],
  ['one number', '167772161'],
  ['a part above 255', '10.0.0.256'],
  ['five parts', '10.0.0.1.1'],
  ['a dot at the end', '10.0.0.1.'],
  ['white space', ' 10.0.0.1'],
  ['a line break', '10.0.0.1\n'],
  ['a prefix', '10.0.0.0/8'],
  ['a port', '10.0.0.1:80'],
  ['nothing', ''],
  ['a name', 'localhost'],
  ['a zone', 'fe80::1%eth0'],
  ['brackets', '[::1]'],
  ['two gaps', '1::2::3'],
  ['nine groups', '1:2:3:4:5:6:7:8:9'],
  ['seven groups', '1:2:3:4:5:6:7'],
  ['five digits', '12345::'],
  ['one colon', ':1'],
  ['octal inside IPv6', '::ffff:010.0.0.1'],
  ['hex inside IPv6', '::ffff:0x0a.0.0.1'],
  ['IPv4 in the middle', '::10.0.0.1:1'],
  ['a short IPv4 inside IPv6', '::ffff:10.1'],
])('%s is no address', (_what, text) => {
  expect(parseIp(text)).toBeNull();
});

test('the text of an IPv6 address is what a URL makes of it', () => {
  for (let mask = 0; mask < 256; mask += 1) {
    const groups = Array.from({ length: 8 }, (_, at) =>
      (mask >> at) & 1 ? (at * 0x1111 + 1).toString(16) : '0',
    );
    const text = groups.join(':');
    const ip = parseIp(text);
    if (ip?.family === 6) expect(`[${ip.text}]`).toBe(new URL(`http://[${text}]`).hostname);
  }
});

test.each([
  ['1.1.1.1', true],
  ['2606:4700::1111', true],
  ['10.0.0.1', false],
  ['172.31.255.255', false],
  ['172.32.0.1', true],
  ['192.168.0.1', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['169.254.1.1', false],
  ['192.0.2.1', false],
  ['198.18.0.1', false],
  ['224.0.0.1', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::1', false],
  ['::2', false],
  ['::8.8.8.8', false],
  ['::ffff:10.0.0.1', false],
  ['::ffff:8.8.8.8', true],
  ['fc00::1', false],
  ['fd12::1', false],
  ['fe80::1', false],
  ['ff02::1', false],
  ['2001:db8::1', false],
  ['4000::1', false],
])('whether the Internet could route to %s: %s', (text, expected) => {
  expect(isGloballyRoutable(parseIp(text)!)).toBe(expected);
});

test('an IPv6 address is bracketed before a port', () => {
  expect([hostPort('192.0.2.1', 80), hostPort('fd00::1', 80), hostPort('a.example', 80)]).toEqual([
    '192.0.2.1:80',
    '[fd00::1]:80',
    'a.example:80',
  ]);
});
