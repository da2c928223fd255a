import type { Http } from '../http.js';

/** What Prometheus reads, with its content type. */
export type MetricsText = () => Promise<{ readonly type: string; readonly text: string }>;

const config = { openLocally: true } as const;

/** `GET /metrics`: see docs/metrics.md. */
export function metricsRoute(app: Http, metrics: MetricsText): void {
  app.get('/metrics', { config, schema: { hide: true } }, async (_request, reply) => {
    const { type, text } = await metrics();
    return reply.type(type).header('cache-control', 'no-store').send(text);
  });
}
