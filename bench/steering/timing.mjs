// How long one call of something short takes.

/** Nanoseconds of one call, from as many calls as fit into `ms`. */
export function nsPerCall(call, ms) {
  const end = performance.now() + ms;
  const start = performance.now();
  let calls = 0;
  let now = start;
  // Between two looks at the clock about a hundredth of the time passes, so that looking costs nothing.
  let batch = 1;
  while (now < end) {
    const before = now;
    for (let i = 0; i < batch; i++) call();
    calls += batch;
    now = performance.now();
    if (now - before < ms / 100) batch *= 2;
  }
  return ((now - start) * 1e6) / calls;
}

/**
 * Rounds over all contenders, each beginning with another one, so that what disturbs the machine disturbs all of them; the
 * first round only warms up. Answers the numbers of each.
 */
export function rounds(contenders, count, measure) {
  const results = contenders.map(() => []);
  for (let round = 0; round <= count; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const at = (i + round) % contenders.length;
      const number = measure(contenders[at]);
      if (round > 0) results[at].push(number);
    }
  }
  return results;
}
