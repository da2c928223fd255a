import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import tls from 'node:tls';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { START_FLAGS } from '../../src/config/flags.js';
import { parseFlags } from '../../src/config/parse.js';
import { startConfig } from '../../src/config/start-config.js';
import { eventually } from '../support/waiting.js';

// The compiled program: the threads are started from files of their own.
const { startApp } = await import('../../dist/app/control-plane.js');

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a listener shows to a client that names no host, so that its name is not verified. */
async function shownBy(address: string): Promise<string> {
  const [host, port] = address.split(':');
  const socket = tls.connect({ host: host!, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerX509Certificate()!;
  socket.destroy();
  return fingerprint256;
}

test('a program that runs for a year shows its new certificate at the edge, over HTTPS and at the API', async () => {
  const ports = ['', 'edge-', 'http-', 'https-', 'dns-', 'private-'].map((name) => `--${name}port=0`);
  const offramp = await startApp(
    startConfig(parseFlags(START_FLAGS, ['--memory', '--api-tls', ...ports], {})),
    {
      log: pino({ level: 'silent' }),
      progress: () => {},
      onFailure(error) {
        throw error;
      },
    },
  );
  onTestFinished(() => offramp.close());
  const first = await shownBy(offramp.edge);
  expect(await shownBy(offramp.https)).toBe(first);
  const { host: api } = new URL(offramp.apiUrl);
  const firstOfApi = await shownBy(api);

  await offramp.clock.advance(336 * DAY_MS);
  // On a machine that is too busy for a year within two seconds the rest of it is a jump, whose end is not waited for.
  await eventually(async () => (await shownBy(offramp.edge)) !== first);
  const second = await shownBy(offramp.edge);
  await eventually(async () => (await shownBy(offramp.https)) === second);
  await eventually(async () => (await shownBy(api)) !== firstOfApi);
  const file = offramp.edgeCa.replace(/ca\.pem$/, 'edge.pem');
  const keptNow = async () => new X509Certificate(await readFile(file));
  await eventually(async () => (await keptNow()).fingerprint256 === second);
  const kept = await keptNow();
  // Connectors have real time, also while the clock is set.
  expect(Date.parse(kept.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(kept.validTo)).toBeGreaterThan(Date.now() + (335 + 364) * DAY_MS);
});
