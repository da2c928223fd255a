import { API_CA, START_FLAGS } from '../../config/flags.js';
import { parseFlags } from '../../config/parse.js';
import { startConfig } from '../../config/start-config.js';
import { VERSION } from '../../config/version.js';
import type { Command } from '../command.js';
import { withCredential } from '../credential.js';
import { say } from '../terminal.js';
import { lookAtFiles } from './files.js';
import { type Finding, good } from './finding.js';
import { lookAtCloudflared, lookAtDataDir, lookAtDescriptors, lookAtPorts } from './machine.js';
import { lookAtPostgres, lookAtRunning } from './services.js';

const MARKS: Readonly<Record<Finding['level'], string>> = {
  good: 'ok     ',
  doubtful: 'doubt  ',
  wrong: 'WRONG  ',
};

/** Looks whether a start with these flags would work, or how one that runs is. Changes nothing. */
export const doctorCommand: Command = {
  summary: 'look whether a start with the same flags would work, or how the one that runs is',
  flags: START_FLAGS,
  notes: `
Use: offramp doctor [the flags of "offramp start"]

One that runs is looked at where these flags would start another one: --port names it, and --host.

It changes nothing. The exit code is 1 when something is wrong.
`,
  async run(argv, env) {
    // A mistake in them is told as a start would tell it.
    const flags = parseFlags(START_FLAGS, argv, env);
    const config = startConfig(flags);
    const asking = withCredential({
      'api-token': flags['api-token'][0] ?? null,
      'data-dir': flags['data-dir'],
      'api-url': 'http://127.0.0.1',
      cacert: API_CA,
    });
    const running = await lookAtRunning(config, asking);
    const findings: readonly Finding[] = [
      good(
        'program',
        `Offramp ${VERSION} on Node ${process.versions.node}, ${process.platform} ${process.arch}`,
      ),
      ...(running ?? (await lookAtPorts(config))),
      ...(config.databaseUrl === null ? [] : [await lookAtPostgres(config.databaseUrl)]),
      ...(config.dataDir === null ? [] : [await lookAtDataDir(config.dataDir)]),
      ...(await lookAtFiles(config)),
      lookAtDescriptors(),
      await lookAtCloudflared(),
    ];
    for (const { level, subject, text } of findings) say(`${MARKS[level]}${subject}: ${text}`);
    return findings.some(({ level }) => level === 'wrong') ? 1 : 0;
  },
};
