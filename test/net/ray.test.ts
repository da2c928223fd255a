import { expect, test } from 'vitest';
import { createRays } from '../../src/net/random.js';

test('rays have 16 hexadecimal digits and the PoP, and none comes twice', () => {
  const next = createRays('FRA');
  const rays = Array.from({ length: 5_000 }, next);
  for (const ray of rays) expect(ray).toMatch(/^[0-9a-f]{16}-FRA$/);
  expect(new Set(rays).size).toBe(rays.length);
  expect(createRays('FRA')()).not.toBe(rays[0]);
});
