import type { FailureReason } from '../live/health-board.js';
import type { DialError, DialFailure } from '../offramps/contract.js';

const OF_DIAL = {
  refused: 'TCP connection failed',
  timeout: 'TCP Timeout',
  unreachable: 'No route to host error',
  no_route: 'No route to host error',
  no_connection: 'Network Unreachable',
  no_ingress: 'Network Unreachable',
  unknown_host: 'DNS Unknown Host',
  prohibited: 'Network Unreachable',
  reset: 'Connection Reset by Peer',
  other: 'Other Failure',
} as const satisfies Record<DialFailure, FailureReason>;

const OF_TLS: Readonly<Record<string, FailureReason>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS name mismatch error',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'TLS unrecognized name error',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS protocol error',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS protocol error',
  ERR_SSL_UNKNOWN_PROTOCOL: 'TLS protocol error',
  ERR_SSL_VERSION_TOO_LOW: 'TLS protocol error',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'TLS protocol error',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'TLS protocol error',
  ERR_SSL_HTTP_REQUEST: 'TLS protocol error',
};

/** The verdicts of OpenSSL's certificate verification, as Node names them in `error.code`. */
const UNTRUSTED =
  /^(?:DEPTH_ZERO_)?SELF_SIGNED_|^UNABLE_TO_|^(?:CERT|CRL)_|^ERROR_IN_C|^(?:INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/;

/** Why an origin could not be dialled, in the words of the API. */
export function reasonOfDialError(error: DialError): FailureReason {
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return error.failure === 'unreachable' && code?.startsWith('ENET')
    ? 'Network Unreachable'
    : OF_DIAL[error.failure];
}

/** Why a TLS handshake on a connected socket failed. */
export function reasonOfTlsError(error: NodeJS.ErrnoException): FailureReason {
  const { code = '' } = error;
  if (OF_TLS[code]) return OF_TLS[code];
  if (UNTRUSTED.test(code)) return 'TLS untrusted certificate error';
  if (code === 'ECONNRESET') return 'Connection Reset by Peer';
  return code.startsWith('ERR_SSL_') ? 'TLS Handshake Failure' : 'Other Failure';
}

/** Why an HTTP exchange on an open stream failed. */
export function reasonOfHttpError(error: NodeJS.ErrnoException): FailureReason {
  const { code = '', syscall } = error;
  // Node calls an orderly end without an answer ECONNRESET as well; only the system's own has a syscall.
  if (code === 'EPIPE' || (code === 'ECONNRESET' && syscall)) return 'Connection Reset by Peer';
  if (code === 'ECONNRESET' || code.startsWith('HPE_')) return 'HTTP Invalid Response';
  return code.startsWith('ERR_SSL_') ? 'TLS protocol error' : 'Other Failure';
}
