/** Numbers of the protocol, as far as they are spoken here (RFC 1035, 3596, 4034, 6891, 8482). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export const RECORD_TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  DS: 43,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const CLASS = { IN: 1 } as const;

/** A question with options takes a fraction of it; whatever is longer is no question. */
export const MAX_QUERY_BYTES = 4_096;

/** What fits without EDNS, and what passes every path without being cut into fragments. */
export const UDP_BYTES = { plain: 512, most: 1_232 } as const;
