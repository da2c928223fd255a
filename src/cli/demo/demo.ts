import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Offramp } from '../../app/offramp.js';
import { DEMO_FLAGS, START_FLAGS } from '../../config/flags.js';
import { parseFlags } from '../../config/parse.js';
import { startConfig } from '../../config/start-config.js';
import type { Command } from '../command.js';
import { askedToStop, note, say, stderrLog } from '../terminal.js';
import { apiClient } from './api-client.js';
import { assemble } from './cast.js';
import { tellStory, thingsToTry } from './story.js';

export const demoCommand: Command = {
  summary: 'the main job in one minute: private origins, a tunnel connector, failover, on this machine',
  flags: DEMO_FLAGS,
  async run(argv, env) {
    const flags = parseFlags(DEMO_FLAGS, argv, env);
    const stop = askedToStop();
    process.umask(0o077);
    const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-demo-'));
    const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
    try {
      say('1. Offramp, three small origins and a tunnel connector start');
      const offramp = await startIn(directory, flags);
      closers.push(offramp.close);
      const api = apiClient(offramp.apiUrl);
      const cast = await assemble(offramp, api, stderrLog('error'));
      closers.push(cast.connector.close, ...Object.values(cast.origins).map((origin) => () => origin.kill()));
      say(`   API ${offramp.apiUrl} · traffic ${offramp.http} · connectors ${offramp.edge}`);
      await Promise.race([tellStory(offramp, api, cast, say), stop.then(interrupt)]);
      say('\nEverything happened as it should.\n');
      if (flags.once) return 0;
      say(`${thingsToTry(offramp, cast)}\n\nIt stays up until Ctrl-C.`);
      await stop;
      return 0;
    } catch (error) {
      say(`\nThe demo failed: ${(error as Error).message}`);
      return 1;
    } finally {
      for (const closer of closers.reverse()) await closer();
    }
  },
};

function interrupt(): never {
  throw new Error('interrupted');
}

/** Ports are taken as they come unless asked for: the demo runs beside whatever else is there. */
async function startIn(
  directory: string,
  flags: { port: string; 'edge-port': string; 'http-port': string; 'https-port': string },
): Promise<Offramp> {
  const ports = (['port', 'edge-port', 'http-port', 'https-port'] as const).flatMap((name) => [
    `--${name}`,
    flags[name],
  ]);
  const argv = [
    '--dns-port',
    '0',
    '--private-port',
    '0',
    '--data-dir',
    directory,
    '--min-monitor-interval',
    '1',
    ...ports,
  ];
  const config = startConfig(parseFlags(START_FLAGS, argv, {}));
  const { startApp } = await import('../../app/control-plane.js');
  return await startApp(config, {
    log: stderrLog('error'),
    progress: (text) => note(`   ${text} …`),
    onFailure(error) {
      note(`The data plane died: ${error.message}`);
      process.exit(1);
    },
  });
}
