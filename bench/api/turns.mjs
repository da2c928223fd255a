// Contenders one after the other, round after round, so that whatever else the machine does meets them all.

/**
 * `contenders` is `{ name: contender }`. Answers `{ name: [figures of each round] }`; the order of a round is the reverse of
 * that of the one before.
 */
export async function takeTurns(contenders, work, { rounds, seconds }) {
  const order = Object.entries(contenders);
  const forSeconds = seconds * (work.share ?? 1);
  const measured = Object.fromEntries(order.map(([name]) => [name, []]));
  if (work.warmUp !== false) for (const [, contender] of order) await contender.measure(work, forSeconds);
  for (let round = 0; round < Math.min(rounds, work.mostRounds ?? rounds); round++) {
    for (const [name, contender] of round % 2 === 0 ? order : order.toReversed())
      measured[name].push(await contender.measure(work, forSeconds));
  }
  return measured;
}

/** One figure of each round of one contender, divided by that of the other in the same round. */
export function ratios(measured, one, other, figure) {
  return measured[one].map((round, i) => round[figure] / measured[other][i][figure]);
}
