import type { SecureContext } from 'node:tls';

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
