import type { MagicTunnel } from '../../storage/generated/client.js';

export type Kind = 'gre' | 'ipsec';

/** A stored tunnel; `F` are the members that only its kind has. */
export type Tunnel<F> = Omit<MagicTunnel, 'fields' | 'pskDigest'> & { readonly fields: F };

/** What a write makes of a tunnel. A pre-shared key that is null or absent stays as it is. */
export interface Write<F> {
  readonly name: string;
  readonly fields: F;
  readonly psk?: string | null;
}
