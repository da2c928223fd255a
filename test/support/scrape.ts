/** `/metrics` as samples: the name with its labels, in the order in which they stand, and the number. */
export async function scrape(
  url: string | URL,
  headers: Record<string, string> = {},
): Promise<Map<string, number>> {
  const response = await fetch(url, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${text}`);
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_]\w*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) samples.set(name, Number(value));
  }
  return samples;
}

/** Names of the metrics that the text explains. */
export const explainedIn = (text: string): string[] =>
  [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!);

/** The sum of all samples of a metric that have these labels. */
export function total(
  samples: ReadonlyMap<string, number>,
  name: string,
  labels: Record<string, string> = {},
): number {
  let sum = 0;
  for (const [sample, value] of samples) {
    if (sample !== name && !sample.startsWith(`${name}{`)) continue;
    if (
      Object.entries(labels).every(([label, wanted]) => new RegExp(`[{,]${label}="${wanted}"`).test(sample))
    )
      sum += value;
  }
  return sum;
}
