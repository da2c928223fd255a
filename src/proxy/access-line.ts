import type { RequestReport } from '../bridge/reports.js';

/** One request as a line of the access log: JSON with a line feed. Names are those of the log of requests where it has the same. */
export function accessLine(report: RequestReport): string {
  const { pool, origin, offRamp } = report;
  const line = {
    time: new Date(report.at).toISOString(),
    ray: report.ray,
    client_ip: report.clientIp,
    method: report.method,
    host: report.host,
    path: report.path,
    status: report.status,
    response_bytes: report.responseBytes,
    duration_ms: report.durationMs,
    first_byte_ms: report.firstByteMs,
    load_balancer: report.loadBalancer?.name ?? null,
    published_hostname: report.publishedHostname?.name ?? null,
    pool: pool?.name ?? null,
    origin: origin?.name ?? null,
    address: origin?.address ?? null,
    off_ramp: offRamp?.kind ?? null,
    tunnel_id: offRamp?.tunnelId ?? null,
    reason: report.error,
    detail: report.detail,
    failed_attempts: report.failedAttempts.map(({ pool, origin, failure }) => ({ pool, origin, failure })),
  };
  return `${JSON.stringify(line)}\n`;
}
