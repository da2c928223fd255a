import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { RequestReport } from '../../../src/bridge/reports.js';
import { createSpanExporter } from '../../../src/proxy/telemetry/tracing.js';
import { eventually } from '../../support/waiting.js';

const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: null, state: '' };
const report = { at: 0, durationMs: 1, method: 'GET', failedAttempts: [] } as unknown as RequestReport;
const DAY_MS = 24 * 60 * 60 * 1_000;

async function exporterTo(answer: (response: ServerResponse) => void) {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => answer(response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const told: object[] = [];
  const exporter = createSpanExporter({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    version: '0',
    log: { error: ((facts: object) => void told.push(facts)) as never },
    patienceMs: DAY_MS,
  });
  onTestFinished(() => exporter.close(0));
  return { exporter, told, server };
}

test('a collector that hangs keeps nobody from ending', async () => {
  const { exporter, server } = await exporterTo(() => {});
  exporter.add({ span, report });
  const [request] = await once(server, 'request');
  const closed = once(request.socket, 'close');
  await exporter.close(0);
  // Its patience is a day: only the end itself can have broken it off.
  await closed;
  await eventually(() => exporter.counts.dropped === 1);
});

test.each([
  ['{}', { sent: 1, dropped: 0 }],
  ['', { sent: 1, dropped: 0 }],
  ['no JSON', { sent: 1, dropped: 0 }],
  ['{"partialSuccess":{"rejectedSpans":"1","errorMessage":"full"}}', { sent: 0, dropped: 1 }],
])('an answer of %j counts as %j', async (body, counts) => {
  const { exporter, told } = await exporterTo((response) => response.end(body));
  exporter.add({ span, report });
  await eventually(() => exporter.counts.sent + exporter.counts.dropped === 1);
  expect(exporter.counts).toEqual(counts);
  expect(told).toEqual(
    counts.dropped ? [expect.objectContaining({ reason: 'it rejected 1 spans: full' })] : [],
  );
});

test('a redirect is no collector', async () => {
  const { exporter, told } = await exporterTo((response) =>
    response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  );
  exporter.add({ span, report });
  await eventually(() => exporter.counts.dropped === 1);
  expect(told).toEqual([expect.objectContaining({ reason: expect.stringContaining('redirect') })]);
});
