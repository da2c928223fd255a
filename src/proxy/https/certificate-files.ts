import { readFileSync, statSync, unwatchFile, watchFile } from 'node:fs';
import tls from 'node:tls';
import type { Logger } from 'pino';
import type { Certificates, KeyPair } from './certificates.js';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Milliseconds between two looks at the files. */
  readonly lookEvery?: number;
  readonly log: Logger;
}

/** The mode bits of a file that others than its owner and group may read. Windows knows none, and Node shows them set. */
const FOR_OTHERS = process.platform === 'win32' ? 0 : 0o004;

/** One certificate for every name, read anew when its files change, as programs that renew certificates expect. */
export function followCertificateFiles({
  certFile,
  keyFile,
  lookEvery = 5_000,
  log,
}: CertificateFiles): Certificates {
  const listeners: ((pair: KeyPair) => void)[] = [];
  const read = (): KeyPair => ({
    certificate: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
  });

  function reread(): void {
    try {
      const pair = read();
      // Throws while only one of the files has been replaced.
      tls.createSecureContext({ cert: pair.certificate, key: pair.key });
      for (const listener of listeners) listener(pair);
    } catch (error) {
      const cause = (error as Error).message;
      log.warn({ certFile, keyFile, cause }, 'the new certificate cannot be used, the old one stays');
    }
  }

  if (statSync(keyFile).mode & FOR_OTHERS) {
    log.warn(
      { keyFile },
      'everybody on this machine can read the private key; chmod 600 makes it yours alone',
    );
  }
  const files = [certFile, keyFile];
  for (const file of files) watchFile(file, { interval: lookEvery, persistent: false }, reread);
  return {
    initial: read(),
    forName: () => Promise.resolve(null),
    onReplaced: (listener) => void listeners.push(listener),
    stop: () => {
      for (const file of files) unwatchFile(file, reread);
    },
  };
}
