import { expect, test } from 'vitest';
import { aliasTable, createWeightTree } from '../../src/steering/policies/weighted-draw.js';
import { seededRandom, shares } from './seeded-random.js';

test('a tree of weights finds what a scan over them finds, through a thousand changes', () => {
  const random = seededRandom(11);
  // Weights that add up without rounding, so that tree and scan must agree exactly.
  const weight = () => Math.floor(random() * 4) / 4;
  for (const size of [1, 2, 3, 10, 64, 65]) {
    const weights = Array.from({ length: size }, weight);
    const tree = createWeightTree(weights);
    for (let change = 0; change < 1_000; change++) {
      const index = Math.floor(random() * size);
      weights[index] = weight();
      tree.set(index, weights[index]!);
      const total = weights.reduce((sum, one) => sum + one, 0);
      expect(tree.total).toBe(total);
      if (total === 0) continue;
      const share = random();
      let left = share * total;
      const expected = weights.findIndex((one) => {
        left -= one;
        return left < 0;
      });
      expect(tree.at(share)).toBe(expected);
    }
  }
});

test.each([[[0, 1, 0, 3, 0]], [[1, 0]], [[0, 0, 0.3]], [[0.1, 0.2, 0.3, 0]]])(
  'an alias table draws by weight and never what weighs nothing: %j',
  (weights) => {
    const draw = aliasTable(weights);
    const random = seededRandom(12);
    const drawn = shares(100_000, () => String(draw(random)));
    const total = weights.reduce((sum, one) => sum + one, 0);
    for (const [index, weight] of weights.entries()) {
      const share = drawn[index] ?? 0;
      if (weight === 0) expect(share).toBe(0);
      else expect(Math.abs(share - weight / total)).toBeLessThan(0.01);
    }
    for (const number of [0, 1 - 2 ** -53]) expect(weights[draw(() => number)]).toBeGreaterThan(0);
  },
);
