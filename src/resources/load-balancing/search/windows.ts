export interface Window {
  readonly skip: number;
  readonly take: number;
}

/** What falls on a page of several lists laid end to end, for each list of these lengths. `take` may be 0. */
export function windowsOf(lengths: readonly number[], page: Window): Window[] {
  const end = page.skip + page.take;
  let start = 0;
  return lengths.map((length) => {
    const from = Math.max(page.skip - start, 0);
    const to = Math.min(end - start, length);
    start += length;
    return { skip: from, take: Math.max(to - from, 0) };
  });
}
