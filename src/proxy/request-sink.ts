import type { RequestReport } from '../bridge/reports.js';

/** Hears of every request and connection that is over. */
export interface RequestSink {
  add(report: RequestReport): void;
}

/** One for several, in their order. */
export function allOf(sinks: readonly RequestSink[]): RequestSink {
  return {
    add(report) {
      for (const sink of sinks) sink.add(report);
    },
  };
}
