import { expect, test } from 'vitest';
import type { ComponentSchemas, Schema } from '../../../src/api/openapi/document.js';
import { openObjects, plainSchema } from '../../../src/api/openapi/plain-schema.js';

const plain = (schema: Schema, schemas: ComponentSchemas = {}) => plainSchema(schema, schemas);

test.each<[string, Schema, Schema]>([
  [
    'an identifier or nothing is one string',
    {
      anyOf: [
        { type: 'string', pattern: '^[0-9a-f]{32}$' },
        { type: 'string', enum: [''] },
      ],
    },
    { type: 'string', pattern: '^(?:[0-9a-f]{32})?$' },
  ],
  [
    'strings of which one has no pattern keep the longest length',
    {
      anyOf: [
        { type: 'string', enum: ['', 'default'] },
        { type: 'string', maxLength: 45 },
      ],
    },
    { type: 'string', maxLength: 45 },
  ],
  [
    'lists of words are one list',
    {
      anyOf: [
        { type: 'string', enum: ['a', 'b'] },
        { type: 'string', enum: ['b', 'c'] },
      ],
    },
    { type: 'string', enum: ['a', 'b', 'c'] },
  ],
  [
    'a choice between a text and an object stays one, and null is said beside a type',
    {
      nullable: true,
      anyOf: [{ type: 'string' }, { type: 'object', properties: { saved: { type: 'string' } } }],
    },
    {
      anyOf: [
        { type: 'string', nullable: true },
        { type: 'object', properties: { saved: { type: 'string' } } },
      ],
    },
  ],
  [
    'two patterns are one',
    {
      type: 'string',
      allOf: [
        { type: 'string', pattern: '^[a-z@]+$' },
        { type: 'string', pattern: '^[^@]{1,64}@' },
      ],
    },
    { type: 'string', pattern: '(?=^[^@]{1,64}@)^[a-z@]+$' },
  ],
  [
    'a value that never changes has its type, and stands as example',
    { type: 'string', enum: ['active'] },
    { type: 'string', example: 'active', description: 'Always `"active"`.' },
  ],
  [
    'what is always null is a string that may be null',
    { type: 'string', nullable: true, enum: [null] },
    { type: 'string', nullable: true, description: 'Always null.' },
  ],
  [
    'the largest integer of JavaScript is no limit',
    { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'integer', format: 'int64' },
  ],
  [
    'an integer beyond 32 bits says so',
    { type: 'integer', minimum: 0, maximum: 4_294_967_295 },
    { type: 'integer', minimum: 0, maximum: 4_294_967_295, format: 'int64' },
  ],
  ['a port is a small integer', { type: 'integer', maximum: 65_535 }, { type: 'integer', maximum: 65_535 }],
  ['a fraction has both its halves', { type: 'number' }, { type: 'number', format: 'double' }],
  [
    'a UUID in either case is told by its format',
    {
      type: 'string',
      pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
    },
    { type: 'string', format: 'uuid' },
  ],
  [
    'a reference that may be null keeps a type beside it',
    { nullable: true, allOf: [{ $ref: '#/components/schemas/Subnet' }] },
    { type: 'object', nullable: true, allOf: [{ $ref: '#/components/schemas/Subnet' }] },
  ],
  [
    'a list that is always empty is a list',
    { type: 'array', maxItems: 0, items: { not: {} } },
    { type: 'array', items: { type: 'object' } },
  ],
  [
    'of two spellings of one property the usual one is shown',
    { type: 'object', properties: { request_ip: { type: 'string' }, 'request.ip': { type: 'string' } } },
    { type: 'object', properties: { request_ip: { type: 'string' } } },
  ],
])('%s', (_what, before, after) => {
  expect(plain(before)).toEqual(after);
});

test('a choice between objects is one object, which requires what all of them do', () => {
  const tunnel: Schema = {
    type: 'object',
    properties: {
      id: { type: 'string' },
      kind: { type: 'string', enum: ['a'] },
      config: { type: 'boolean' },
    },
    required: ['id', 'kind', 'config'],
  };
  const connector: Schema = {
    type: 'object',
    properties: { id: { type: 'string' }, kind: { type: 'string', enum: ['b'] } },
    required: ['id', 'kind'],
  };
  const either = { anyOf: [{ $ref: '#/components/schemas/Tunnel' }, connector] };
  expect(plain(either, { Tunnel: tunnel })).toEqual({
    type: 'object',
    properties: {
      id: { type: 'string' },
      kind: { type: 'string', enum: ['a', 'b'] },
      config: { type: 'boolean' },
    },
    required: ['id', 'kind'],
  });
});

test('answers may come to have more properties, and maps stay maps', () => {
  const map: Schema = { type: 'object', additionalProperties: { type: 'string' } };
  const answer: Schema = { type: 'object', properties: { labels: map }, additionalProperties: false };
  expect(openObjects(answer)).toEqual({ type: 'object', properties: { labels: map } });
});
