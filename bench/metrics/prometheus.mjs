// A Prometheus that scrapes one address each second, on loopback and in a temporary folder, and is gone when the process ends.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../support/offramp.mjs';
import { freePort, startListening } from '../support/processes.mjs';

const RULES = path.resolve(import.meta.dirname, '../../deploy/prometheus/alerts.yml');

/** Null where there is no `prometheus`. */
export async function startPrometheus(target) {
  if (spawnSync('prometheus', ['--version']).status !== 0) return null;
  const directory = temporaryDirectory();
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    scrape_configs: [{ job_name: 'offramp', static_configs: [{ targets: [target] }] }],
    rule_files: [RULES],
  };
  // JSON is YAML.
  writeFileSync(path.join(directory, 'prometheus.yml'), JSON.stringify(config));
  const child = await startListening({
    port,
    command: 'prometheus',
    quiet: true,
    args: [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
  });
  return {
    /** What an expression gives now: a list of `{ metric, value: [time, text] }`. */
    query: (expr) => ask(port, `query?query=${encodeURIComponent(expr)}`).then(({ result }) => result),
    /** Rules, each with its health and what Prometheus says of the last evaluation. */
    rules: () => ask(port, 'rules').then(({ groups }) => groups.flatMap(({ rules }) => rules)),
    stop: () => child.kill('SIGTERM'),
  };
}

async function ask(port, what) {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${what}`);
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(`Prometheus on ${what}: ${JSON.stringify(answer)}`);
  return answer.data;
}
