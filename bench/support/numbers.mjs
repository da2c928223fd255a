// Medians, percentiles, and how they are printed.

export const median = (numbers) => percentile(numbers, 0.5);

/** Nearest rank; `share` from 0 to 1. */
export function percentile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** `median [min-max]` */
export function spread(numbers, digits) {
  const [middle, low, high] = [median(numbers), Math.min(...numbers), Math.max(...numbers)];
  return `${middle.toFixed(digits)} [${low.toFixed(digits)}-${high.toFixed(digits)}]`;
}

/** Columns as wide as their widest cell, the first one left and the others right. */
export function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   '),
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}
