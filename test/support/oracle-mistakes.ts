/** A place where Cloudflare's published OpenAPI description is not what Cloudflare's API answers. */
export interface OracleMistake {
  readonly id: string;
  /** Pointer into the description, `/` in a name written as `~1`. */
  readonly at: string;
  /** The schema that should stand there. */
  readonly instead: unknown;
  readonly why: string;
  /** Where the real answer can be seen. */
  readonly evidence: string;
}

const momentOrNull = { type: 'string', format: 'date-time', nullable: true };

export const ORACLE_MISTAKES = [
  {
    id: 'deleted-at-null',
    at: 'components/schemas/tunnel_deleted_at',
    instead: momentOrNull,
    why: 'Says in words that null means "not deleted", and allows strings only.',
    evidence: 'Its own text; terraform-provider-cloudflare reads null as a resource that exists.',
  },
  {
    id: 'conns-active-at-null',
    at: 'components/schemas/tunnel_conns_active_at',
    instead: momentOrNull,
    why: 'Says in words that null means "inactive", and allows strings only.',
    evidence: 'Its own text.',
  },
  {
    id: 'conns-inactive-at-null',
    at: 'components/schemas/tunnel_conns_inactive_at',
    instead: momentOrNull,
    why: 'Says in words that null means "active", and allows strings only.',
    evidence: 'Its own text.',
  },
  {
    id: 'four-byte-as-numbers',
    at: 'components/schemas/magic_bgp_config/properties/customer_asn/format',
    instead: 'int64',
    why: 'Takes signed 32-bit integers only, and half of the AS numbers are larger.',
    evidence: 'RFC 6793: AS numbers have four bytes, without a sign.',
  },
  {
    id: 'catch-all-without-hostname',
    at: 'components/schemas/tunnel_ingressRule/required',
    instead: ['service'],
    why: 'Demands a hostname of every rule, also of the last one, which must not have any.',
    evidence:
      "The documentation of remotely managed tunnels; the provider's acceptance tests put a last rule with a service alone.",
  },
] as const satisfies readonly OracleMistake[];

export type OracleMistakeId = (typeof ORACLE_MISTAKES)[number]['id'];
