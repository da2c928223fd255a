import { expect, test } from 'vitest';
import { unknownVariables } from '../../src/config/variables.js';

const KNOWN = ['OFFRAMP_PORT', 'OFFRAMP_POP', 'OFFRAMP_TCP', 'OFFRAMP_EDGE_PORT', 'OFFRAMP_API_TOKEN'];

test.each([
  ['OFFRAMP_PROT', 'OFFRAMP_PORT'],
  ['OFFRAMP_TPC', 'OFFRAMP_TCP'],
  ['OFFRAMP_EDGEPORT', 'OFFRAMP_EDGE_PORT'],
  ['OFFRAMP_APITOKNE', 'OFFRAMP_API_TOKEN'],
])('%s may be meant as %s', (name, meant) => {
  expect(unknownVariables({ [name]: '1' }, KNOWN)).toEqual([
    `${name} is no variable of Offramp, and has no effect; did you mean ${meant}?`,
  ]);
});

test.each(['OFFRAMP_', 'OFFRAMP_Z', 'OFFRAMP_ZZZ', 'OFFRAMP_XTCPX', 'OFFRAMP_HOME'])(
  '%s is like no other name',
  (name) => {
    expect(unknownVariables({ [name]: '1' }, KNOWN)).toEqual([
      `${name} is no variable of Offramp, and has no effect; see --help for those that there are`,
    ]);
  },
);
