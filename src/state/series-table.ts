/** What crosses to the thread that writes the text: the series of one metric, or of a few with the same labels. */
export interface SeriesReport {
  /** The labels of one series after those of another. */
  readonly labels: readonly string[];
  /** So many of them belong to one. */
  readonly labelsEach: number;
  /** The numbers of one series after those of another. */
  readonly values: Float64Array;
  readonly valuesEach: number;
  /** Events that were counted for `other`, since there were too many series. */
  readonly folded: number;
}

/** Numbers by labels, and no more of them than there may be. */
interface SeriesTable {
  /** The numbers of the series with these labels, to add to at once: they are another series' tomorrow. Of as many labels each time. */
  of(labels: readonly string[]): Float64Array;
  /** Leaves out series that `isGone`; by default those alone that nobody has counted in since the call before. */
  forget(isGone: (labels: readonly string[]) => boolean, how?: { readonly evenInUse: boolean }): void;
  /** To be read, or sent, before anything else is counted. */
  report(): SeriesReport;
}

interface SeriesTableOptions {
  readonly labels: number;
  readonly values: number;
  readonly limit: number;
  /** How many of the labels, from the first, are names that a configuration has any number of: beyond the limit they are `other`. */
  readonly names: number;
}

interface Series {
  readonly labels: readonly string[];
  readonly values: Float64Array;
  used: boolean;
}

interface Node {
  readonly next: Map<string, Node>;
  series: Series | null;
}

const OTHER = 'other';
/** Those of `other`, which differ in labels that are no names; what comes beyond is `other` in all of them. */
const MAX_OTHERS = 1_000;

/** Found by one look into a map for each label, and without a text that is made for it: it is asked for every request. */
export function createSeriesTable({ labels: width, values, limit, names }: SeriesTableOptions): SeriesTable {
  const root: Node = { next: new Map(), series: null };
  let all: Series[] = [];
  /** Of all, one behind another: kept, so that a report of thousands is soon made. */
  let flat: string[] = [];
  let folded = 0;

  function find(labels: readonly string[]): Series | null {
    let node: Node | undefined = root;
    for (let i = 0; i < width; i += 1) {
      node = node.next.get(labels[i]!);
      if (node === undefined) return null;
    }
    return node.series;
  }

  function put(series: Series): Series {
    let node = root;
    for (const label of series.labels) {
      let next = node.next.get(label);
      if (next === undefined) {
        next = { next: new Map(), series: null };
        node.next.set(label, next);
      }
      node = next;
    }
    node.series = series;
    all.push(series);
    flat.push(...series.labels);
    return series;
  }

  function make(labels: readonly string[]): Series {
    return put({ labels: labels.slice(0, width), values: new Float64Array(values), used: true });
  }

  function other(labels: readonly string[]): Series {
    folded += 1;
    const folding = labels.map((label, i) => (i < names ? OTHER : label));
    const known = find(folding);
    if (known) return known;
    if (all.length < limit + MAX_OTHERS) return make(folding);
    const entirely = labels.map(() => OTHER);
    return find(entirely) ?? make(entirely);
  }

  return {
    of(labels) {
      const series = find(labels) ?? (all.length < limit ? make(labels) : other(labels));
      series.used = true;
      return series.values;
    },
    forget(isGone, { evenInUse } = { evenInUse: false }) {
      const stay = all.filter(({ labels, used }) => (used && !evenInUse) || !isGone(labels));
      const gone = stay.length < all.length;
      for (const series of all) series.used = false;
      if (!gone) return;
      all = [];
      flat = [];
      root.next.clear();
      for (const series of stay) put(series);
    },
    report() {
      const numbers = new Float64Array(all.length * values);
      for (let i = 0; i < all.length; i += 1) numbers.set(all[i]!.values, i * values);
      return {
        labels: flat,
        labelsEach: width,
        values: numbers,
        valuesEach: values,
        folded,
      };
    },
  };
}

/** What the data plane has counted since it began, and how it is at the moment. */
export interface MetricsReport {
  /** The revision that traffic follows. */
  readonly revision: number;
  /** By load balancer, pool, origin, status, reason. */
  readonly requests: SeriesReport;
  /** By load balancer; see `LATENCY_VALUES`. */
  readonly latency: SeriesReport;
  /** By pool, origin, reason. */
  readonly failedAttempts: SeriesReport;
  /** By load balancer, pool, origin, reason. */
  readonly tcpConnections: SeriesReport;
  /** By type, code. */
  readonly dnsQuestions: SeriesReport;
  /** By result. */
  readonly healthChecks: SeriesReport;
  /** By pool, origin, state. */
  readonly healthChanges: SeriesReport;
  /** By pool: requests under way, open connections. */
  readonly underWay: SeriesReport;
  /** By tunnel: streams that are open. */
  readonly tunnelStreams: SeriesReport;
  readonly clientConnections: number;
  /** Null without one. */
  readonly accessLog: { readonly written: number; readonly dropped: number } | null;
  readonly spans: { readonly sent: number; readonly dropped: number } | null;
  readonly loop: LoopReport;
}

/** How an event loop keeps up. */
export interface LoopReport {
  /** Seconds that it was late, over the last half a minute to minute, by quantile. */
  readonly delay: readonly { readonly quantile: number; readonly seconds: number }[];
  /** Seconds in which it had work, ever. */
  readonly busySeconds: number;
  /** Of its thread. */
  readonly heapUsedBytes: number;
}

/** Upper bounds in seconds of the buckets of requests' durations. */
export const LATENCY_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** One histogram: how many fell into each bucket alone, behind them those above all, and the sum in seconds. */
const HISTOGRAM = LATENCY_BUCKETS.length + 2;

/** The numbers of a load balancer: a histogram of durations, one of the times to the head of the response, and bytes of responses. */
export const LATENCY_VALUES = {
  duration: 0,
  firstByte: HISTOGRAM,
  responseBytes: 2 * HISTOGRAM,
  size: 2 * HISTOGRAM + 1,
  /** Of each histogram behind its first number. */
  sum: HISTOGRAM - 1,
} as const;

/** Adds one observation to the histogram that begins at `first`. */
export function observe(values: Float64Array, first: number, seconds: number): void {
  let bucket = 0;
  while (bucket < LATENCY_BUCKETS.length && seconds > LATENCY_BUCKETS[bucket]!) bucket += 1;
  values[first + bucket]! += 1;
  values[first + LATENCY_VALUES.sum]! += seconds;
}
