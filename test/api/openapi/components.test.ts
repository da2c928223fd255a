import { expect, test } from 'vitest';
import { nameObjects, usedOf } from '../../../src/api/openapi/components.js';
import type { Schema } from '../../../src/api/openapi/document.js';

const text: Schema = { type: 'string' };
const object = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

test('an object inside has the name of the way to it, and its list of one of it', () => {
  const origin = object({ address: text, header: { ...object({ Host: text }), nullable: true } });
  expect(nameObjects({ Pool: object({ origins: { type: 'array', items: origin } }) })).toEqual({
    Pool: object({ origins: { type: 'array', items: ref('PoolOrigin') } }),
    PoolOrigin: object({
      address: text,
      header: { type: 'object', nullable: true, allOf: [ref('PoolOriginHeader')] },
    }),
    PoolOriginHeader: object({ Host: text }),
  });
});

test('equal objects are one, under the shortest name', () => {
  const steering = object({ policy: text });
  expect(nameObjects({ PoolWrite: object({ steering }), Pool: object({ steering }) })).toEqual({
    PoolWrite: object({ steering: ref('PoolSteering') }),
    Pool: object({ steering: ref('PoolSteering') }),
    PoolSteering: steering,
  });
});

test('different objects with one name are told apart', () => {
  const roots = { A: object({ bC: object({ x: text }) }), AB: object({ c: object({ y: text }) }) };
  expect(Object.keys(nameObjects(roots)).sort()).toEqual(['A', 'AB', 'ABC', 'ABC2']);
});

test('values of a map and alternatives do not take the name of the map or the choice', () => {
  const roots = {
    Health: object({
      pops: { type: 'object', additionalProperties: object({ healthy: text }) },
      target: { anyOf: [text, object({ saved: text })] },
    }),
  };
  expect(Object.keys(nameObjects(roots)).sort()).toEqual(['Health', 'HealthPopsValue', 'HealthTargetObject']);
});

test('what nobody names is left out', () => {
  const components = { A: object({ b: ref('B') }), B: object({ a: ref('A') }), C: text };
  expect(Object.keys(usedOf([ref('B')], components))).toEqual(['A', 'B']);
});
