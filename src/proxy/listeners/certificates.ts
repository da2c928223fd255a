import { readFileSync, statSync, unwatchFile, watchFile } from 'node:fs';
import tls, { type SecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { type Clock, createTokenBucket, realTime, type TokenBucket } from '../../net/clock.js';
import type { HostIndex } from '../hosts.js';

/** A certificate with those between it and its root, and its private key. PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Where the HTTPS listener has its certificates from. */
export interface Certificates {
  /** For whoever names no host, or one that `forName` has nothing for. */
  readonly initial: KeyPair;
  /** Lower case. Null leaves it at the initial one. */
  forName(serverName: string): Promise<SecureContext | null>;
  /** Tells when another pair shall take the place of the initial one. */
  onReplaced(listener: (pair: KeyPair) => void): void;
  stop(): void;
}

interface CertificateFiles {
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

interface MadeCertificatesOptions {
  readonly hosts: HostIndex;
  /** Makes a certificate for a DNS name, which may begin with `*.`. */
  readonly issue: (name: string) => Promise<KeyPair>;
  readonly initial: KeyPair;
  readonly onReplaced: Certificates['onReplaced'];
  /** Names whose certificates are kept; the one that was asked for longest ago goes. */
  readonly limit: number;
  /** By which certificates age. */
  readonly clock: Pick<Clock, 'now'>;
  /** Signing is bounded by it; another one in tests. */
  readonly real?: Pick<Clock, 'monotonic'>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** After this another one is made for the next client, well before the year of a certificate is over. */
const FRESH_MS = 30 * DAY_MS;
/** While no other may be made, it serves on until its year is nearly over. */
const USABLE_MS = 360 * DAY_MS;
/**
 * Signing takes milliseconds, and a ClientHello is all that makes us sign. There are as many names of load balancers as the
 * configuration has; below a wildcard there are as many as anybody can think of.
 */
const SIGNED = {
  configured: { burst: 1_000, perSecond: 20 },
  thoughtUp: { burst: 100, perSecond: 2 },
};
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$/;

interface Made {
  readonly context: Promise<SecureContext>;
  readonly at: number;
}

/**
 * A certificate for each name that an enabled load balancer or a published host name has, made when it is asked for first.
 * While more of them are asked for than may be made, new names get the initial one.
 */
export function makeCertificates({
  hosts,
  issue,
  initial,
  onReplaced,
  limit,
  clock,
  real = realTime,
}: MadeCertificatesOptions): Certificates {
  /** In the order of their last use. */
  const made = new Map<string, Made>();

  const allow = ({ burst, perSecond }: (typeof SIGNED)[keyof typeof SIGNED]) =>
    createTokenBucket(burst, perSecond, real.monotonic);
  const configured = allow(SIGNED.configured);
  const thoughtUp = allow(SIGNED.thoughtUp);

  function make(name: string): Made {
    const context = issue(name).then(({ certificate, key }) =>
      tls.createSecureContext({ cert: certificate, key }),
    );
    const entry = { context, at: clock.now() };
    context.catch(() => {
      if (made.get(name) === entry) made.delete(name);
    });
    return entry;
  }

  function contextOf(name: string, bucket: TokenBucket): Promise<SecureContext> | null {
    const known = made.get(name);
    const age = known === undefined ? Number.POSITIVE_INFINITY : clock.now() - known.at;
    const entry = known && age < FRESH_MS ? known : bucket.tryAcquire() ? make(name) : known;
    if (!entry || (entry === known && age >= USABLE_MS)) return null;
    made.delete(name);
    if (made.size >= limit) made.delete(made.keys().next().value!);
    made.set(name, entry);
    return entry.context;
  }

  return {
    initial,
    async forName(serverName) {
      if (!HOST_NAME.test(serverName)) return null;
      const host = hosts.match(serverName);
      if (!host) return null;
      const name = certificateName(serverName, host.name);
      return await contextOf(name, name === host.name ? configured : thoughtUp);
    },
    onReplaced,
    stop() {},
  };
}

/** A certificate's `*` stands for one label, that of a configured name for any number. */
function certificateName(serverName: string, configured: string): string {
  const parent = serverName.slice(serverName.indexOf('.'));
  return configured === `*${parent}` ? configured : serverName;
}
