/**
 * How often a test does what only sometimes shows a mistake: `npm run test:long` takes the second number, for which nobody wants to wait
 * before each commit.
 */
export const rounds = (short: number, long: number): number =>
  process.env.OFFRAMP_TEST_LONG === '1' ? long : short;
