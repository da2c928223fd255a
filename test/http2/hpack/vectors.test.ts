import { expect, test } from 'vitest';
import { createHpackDecoder, encodeFields } from '../../../src/tunnel/h2/hpack.js';
import { decodeHuffman, readInteger, writeInteger } from '../../../src/tunnel/h2/hpack-coding.js';

/** The examples of RFC 7541, appendix C. */
const bytes = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

const REQUESTS = [
  [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'],
  [
    ':method',
    'GET',
    ':scheme',
    'http',
    ':path',
    '/',
    ':authority',
    'www.example.com',
    'cache-control',
    'no-cache',
  ],
  [
    ':method',
    'GET',
    ':scheme',
    'https',
    ':path',
    '/index.html',
    ':authority',
    'www.example.com',
    'custom-key',
    'custom-value',
  ],
];
const RESPONSES = [
  [
    ':status',
    '302',
    'cache-control',
    'private',
    'date',
    'Mon, 21 Oct 2013 20:13:21 GMT',
    'location',
    'https://www.example.com',
  ],
  [
    ':status',
    '307',
    'cache-control',
    'private',
    'date',
    'Mon, 21 Oct 2013 20:13:21 GMT',
    'location',
    'https://www.example.com',
  ],
  [
    ':status',
    '200',
    'cache-control',
    'private',
    'date',
    'Mon, 21 Oct 2013 20:13:22 GMT',
    'location',
    'https://www.example.com',
    'content-encoding',
    'gzip',
    'set-cookie',
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

const cases: [string, string[], string[][]][] = [
  [
    'C.3, plain requests',
    [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    REQUESTS,
  ],
  [
    'C.4, requests in Huffman code',
    [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
    REQUESTS,
  ],
  [
    'C.6, responses in Huffman code and with a table of 256 bytes, from which entries fall out',
    [
      // The example begins with this size: here it must be said.
      '3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ],
    RESPONSES,
  ],
];

test.each(cases)('%s: decoded, however the blocks are cut', (_name, blocks, expected) => {
  for (const size of [1, 2, 3, 7, 1_000]) {
    const decoder = createHpackDecoder(4_096);
    const decoded = blocks.map((hex) => {
      const block = bytes(hex);
      for (let at = 0; at < block.length; at += size) decoder.push(block.subarray(at, at + size));
      return decoder.finish().fields;
    });
    expect(decoded).toEqual(expected);
  }
});

test('C.1: integers', () => {
  for (const [prefix, value, hex] of [
    [5, 10, '0a'],
    [5, 1_337, '1f9a0a'],
    [8, 42, '2a'],
  ] as const) {
    const out = Buffer.alloc(6);
    const length = writeInteger(out, 0, prefix, 0, value);
    expect(out.subarray(0, length).toString('hex')).toBe(hex);
    const read = { value: 0, next: 0 };
    readInteger(bytes(hex), 0, prefix, read);
    expect(read).toEqual({ value, next: length });
  }
});

test('what the encoder writes is what the decoder reads', () => {
  const lists = [
    [':status', '200', 'content-length', '5'],
    [':method', 'PATCH', 'x', '', 'y'.repeat(300), 'z'.repeat(100_000), 'latin1', '\u00e9\u00ff'],
    [],
  ];
  const decoder = createHpackDecoder(256 * 1024);
  for (const fields of lists) {
    decoder.push(encodeFields(fields));
    expect(decoder.finish()).toEqual({ fields, tooLarge: false });
  }
});

test('a block that is none ends with a compression error', () => {
  const wrong = {
    'index 0': '80',
    'an index beyond the table': 'be',
    'a name beyond the table': '7e 00',
    'an integer without end': '7f ffff ffff ffff ff',
    'a table larger than what was offered': '3fe2 1f',
    'a table resized behind a field': '82 20',
    'a block that ends within a name': '40 05 6162',
    'a block without a value': '41',
    'padding of zeros': '41 81 00',
    'padding of eight bits': '41 82 1fff',
    'the end-of-string code': '41 84 ffff ffff',
  };
  for (const [name, hex] of Object.entries(wrong)) {
    const decoder = createHpackDecoder(4_096);
    const decode = () => {
      decoder.push(bytes(hex));
      decoder.finish();
    };
    expect(decode, name).toThrow(expect.objectContaining({ code: 9 }));
  }
});

test('a list that is too large is skipped, and the table stays in step', () => {
  const decoder = createHpackDecoder(1_000);
  const literal = (name: string, value: string, first = 0x40) => {
    const long = (text: string) => {
      const length = Buffer.alloc(6);
      return Buffer.concat([
        length.subarray(0, writeInteger(length, 0, 7, 0, text.length)),
        Buffer.from(text),
      ]);
    };
    return Buffer.concat([Buffer.from([first]), long(name), long(value)]);
  };
  for (const block of [
    // Fields beyond the limit still enter the table.
    [literal('big', 'x'.repeat(900)), literal('more', 'y'.repeat(900)), literal('kept', 'in the table')],
    [literal('huge', 'x'.repeat(3_000_000)), literal('kept', 'in the table')],
    [literal('n'.repeat(100_000), 'v'), literal('kept', 'in the table')],
  ]) {
    const all = Buffer.concat(block);
    for (let at = 0; at < all.length; at += 16_384) decoder.push(all.subarray(at, at + 16_384));
    expect(decoder.finish()).toEqual({ fields: [], tooLarge: true });
    decoder.push(bytes('be'));
    expect(decoder.finish()).toEqual({ fields: ['kept', 'in the table'], tooLarge: false });
  }
});

test('many references to one entry count as often as they are made', () => {
  const decoder = createHpackDecoder(10_000);
  decoder.push(Buffer.concat([bytes('40 01 61 7f b10f'), Buffer.alloc(2_096, 0x62)]));
  expect(decoder.finish().tooLarge).toBe(false);
  decoder.push(Buffer.alloc(100_000, 0xbe));
  expect(decoder.finish()).toEqual({ fields: [], tooLarge: true });
});

test('Huffman codes of every length are decoded', () => {
  // From the table of the RFC: NUL (13 bits), LF (30 bits), DEL (28 bits), 255 (26 bits), "a" (5 bits).
  const codes: [string, number, number][] = [
    ['\u0000', 0x1ff8, 13],
    ['\n', 0x3ffffffc, 30],
    ['\u007f', 0xffffffc, 28],
    ['\u00ff', 0x3ffffee, 26],
    ['\u0080', 0xfffe6, 20],
    ['a', 0x3, 5],
    ['"', 0x3f9, 10],
    ['\\', 0x7fff0, 19],
    ['\u00f9', 0xffffffe, 28],
  ];
  let bits = '';
  let text = '';
  for (const [symbol, code, length] of [...codes, ...codes.reverse()]) {
    bits += code.toString(2).padStart(length, '0');
    text += symbol;
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  const coded = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  expect(decodeHuffman(coded)).toBe(text);
});
