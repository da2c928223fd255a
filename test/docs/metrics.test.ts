import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { expressionsOf } from '../../bench/metrics/dashboard.mjs';
import { METRICS, type MetricName, type MetricRow } from '../../src/metrics/catalogue.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ALERTS = path.join(ROOT, 'deploy/prometheus/alerts.yml');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const dashboard = JSON.parse(read('deploy/grafana/offramp.json'));

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}
const alerts: readonly Alert[] = parse(readFileSync(ALERTS, 'utf8')).groups.flatMap(
  ({ rules }: { rules: Alert[] }) => rules,
);

test('the page has every metric, with its type, labels and words', () => {
  const rows = Object.entries<MetricRow>(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  const shown = read('docs/metrics.md')
    .split('\n')
    .filter((line) => /^\| `[a-z_]+` \| (counter|gauge|histogram|summary) \|/.test(line));
  expect(shown).toEqual(rows);
});

test('names follow the conventions of Prometheus', () => {
  for (const [name, { type }] of Object.entries(METRICS)) {
    expect(name.startsWith('offramp_') || name.startsWith('process_')).toBe(true);
    expect(`${name} ${type === 'counter'}`).toBe(`${name} ${name.endsWith('_total')}`);
  }
});

/** Names of metrics that an expression has, and the labels that it names for any of them. */
function usedIn(expression: string) {
  const text = expression.replace(/"[^"]*"/g, '""').replace(/\$\w+/g, '5m');
  const metrics = [...text.matchAll(/\b(?:offramp|process)_\w+|\bup\b/g)].map(([name]) => name);
  const matchers = [...text.matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) =>
    [...list!.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label!),
  );
  const groups = [...text.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
    list!.split(',').map((label) => label.trim()),
  );
  return { metrics, labels: [...matchers, ...groups] };
}

const FROM_SCRAPE = ['instance', 'job'];
const BASE = /_(bucket|sum|count)$/;

function unknownIn(expression: string): string[] {
  const { metrics, labels } = usedIn(expression);
  const rows = metrics
    .filter((name) => name !== 'up')
    .map(
      (name): MetricRow | undefined =>
        METRICS[name.replace(BASE, '') as MetricName] ?? METRICS[name as MetricName],
    );
  const known = new Set([...FROM_SCRAPE, 'le', ...rows.flatMap((row) => row?.labels ?? [])]);
  return [
    ...metrics.filter((name) => name !== 'up' && !(name.replace(BASE, '') in METRICS) && !(name in METRICS)),
    ...labels.filter((label) => !known.has(label)),
    ...(metrics.length === 0 ? [`no metric in ${expression}`] : []),
  ];
}

test('the dashboard and the alerts ask for nothing that there is not', () => {
  const expressions = [
    ...expressionsOf(dashboard).map(({ expr }) => expr),
    ...alerts.map(({ expr }) => expr),
  ];
  expect(expressions.length).toBeGreaterThan(40);
  expect(expressions.flatMap(unknownIn)).toEqual([]);
  expect(unknownIn('sum by (nothing) (offramp_wrong_total{status="200"})')).toHaveLength(3);
});

test('nearly every metric is on the dashboard or in an alert', () => {
  const used = new Set(
    [...expressionsOf(dashboard), ...alerts].flatMap(({ expr }) =>
      usedIn(expr).metrics.map((name) => name.replace(BASE, '')),
    ),
  );
  const unused = Object.keys(METRICS).filter((name) => !used.has(name));
  expect(unused.length).toBeLessThan(Object.keys(METRICS).length / 4);
});

test('panels have titles, places of their own, and the data source that was chosen', () => {
  const ids = dashboard.panels.map(({ id }: { id: number }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const places = dashboard.panels.map(
    ({ gridPos: { x, y } }: { gridPos: { x: number; y: number } }) => `${x},${y}`,
  );
  expect(new Set(places).size).toBe(places.length);
  for (const { title, gridPos } of dashboard.panels) {
    expect(title).not.toBe('');
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  }
  expect(read('deploy/grafana/offramp.json').match(/"uid": "(?!\$\{datasource\}|offramp")/g)).toBeNull();
});

const promtool = spawnSync('promtool', ['--version']).status === 0;

test.skipIf(!promtool)(
  'promtool finds nothing wrong with the alerts (skipped where there is none)',
  async () => {
    const { stdout } = await promisify(execFile)('promtool', [
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      ALERTS,
    ]);
    expect(stdout).toContain(`SUCCESS: ${alerts.length} rules found`);
  },
);
