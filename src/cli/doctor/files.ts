import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import type { StartConfig } from '../../config/start-config.js';
import { openSeed } from '../../seed/begin.js';
import { initScripts } from '../init-dir.js';
import { type Finding, good, wrong } from './finding.js';

/** The files that flags name: those that a start reads can be read, and where it writes can be written. */
export async function lookAtFiles(config: StartConfig): Promise<Finding[]> {
  const { seed, initDir, endpointsFile, accessLog } = config;
  const looks: Promise<Finding>[] = [];
  if (seed !== null)
    looks.push(
      found(
        'seed',
        openSeed(seed).then(() => `${seed} can be read`),
      ),
    );
  if (initDir !== null)
    looks.push(
      found(
        'init scripts',
        initScripts(initDir).then((all) => `${all.length} in ${initDir}`),
      ),
    );
  const written = { 'endpoints file': endpointsFile, 'access log': accessLog?.file ?? null };
  for (const [subject, file] of Object.entries(written))
    if (file !== null) looks.push(found(subject, canBeWritten(file)));
  return await Promise.all(looks);
}

const found = (subject: string, look: Promise<string>): Promise<Finding> =>
  look.then(
    (text) => good(subject, text),
    (error: Error) => wrong(subject, error.message),
  );

async function canBeWritten(file: string): Promise<string> {
  await access(path.dirname(path.resolve(file)), constants.W_OK | constants.X_OK);
  return `${file} can be written`;
}
