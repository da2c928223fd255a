import { expect, test } from 'vitest';
import { reasonOfDialError, reasonOfHttpError, reasonOfTlsError } from '../../src/health/probes/probe.js';
import { DialError, type DialFailure } from '../../src/tunnel/egress/contract.js';

const systemError = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });

test.each<[DialFailure, string, string]>([
  ['refused', 'ECONNREFUSED', 'TCP connection failed'],
  ['timeout', 'ETIMEDOUT', 'TCP Timeout'],
  ['unreachable', 'EHOSTUNREACH', 'No route to host error'],
  ['unreachable', 'ENETUNREACH', 'Network Unreachable'],
  ['no_route', '', 'No route to host error'],
  ['no_connection', '', 'Network Unreachable'],
  ['unknown_host', 'ENOTFOUND', 'DNS Unknown Host'],
  ['prohibited', '', 'Network Unreachable'],
  ['reset', 'ECONNRESET', 'Connection Reset by Peer'],
  ['other', 'EMFILE', 'Other Failure'],
])('a dial that fails with %s (%s) is "%s"', (failure, code, reason) => {
  expect(reasonOfDialError(new DialError(failure, '', { cause: systemError(code) }))).toBe(reason);
});

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS untrusted certificate error'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS untrusted certificate error'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS untrusted certificate error'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'TLS untrusted certificate error'],
  ['CERT_HAS_EXPIRED', 'TLS untrusted certificate error'],
  ['CERT_NOT_YET_VALID', 'TLS untrusted certificate error'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS name mismatch error'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS protocol error'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'TLS protocol error'],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'TLS unrecognized name error'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'TLS Handshake Failure'],
  ['ECONNRESET', 'Connection Reset by Peer'],
  ['EWHATEVER', 'Other Failure'],
])('a handshake that fails with %s is "%s"', (code, reason) => {
  expect(reasonOfTlsError(systemError(code))).toBe(reason);
});

test.each([
  ['HPE_INVALID_CONSTANT', undefined, 'HTTP Invalid Response'],
  ['ECONNRESET', undefined, 'HTTP Invalid Response'],
  ['ECONNRESET', 'read', 'Connection Reset by Peer'],
  ['EPIPE', 'write', 'Connection Reset by Peer'],
  ['EWHATEVER', undefined, 'Other Failure'],
])('an exchange that fails with %s of %s is "%s"', (code, syscall, reason) => {
  expect(reasonOfHttpError(systemError(code, syscall))).toBe(reason);
});
