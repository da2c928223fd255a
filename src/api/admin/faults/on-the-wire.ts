import type {
  FaultCut,
  FaultReport,
  FaultTarget,
  HealthFault,
  NamedFault,
  TrafficFault,
} from '../../../bridge/faults.js';
import { parseCidr, parseIp } from '../../../net/addresses.js';
import { canonicalHost } from '../../../net/hostnames.js';
import type { ApiFault } from '../../api-faults.js';
import { canonicalUrl } from '../../paths.js';
import type { ApiFaultBody, FaultBody, HealthFaultBody, TrafficFaultBody } from './bodies.js';

/** Faults as clients write and read them, and as the rest of the program has them. */

export type AnyFault = HealthFault | TrafficFault | ApiFault;

export function fromWire(body: FaultBody, named: NamedFault): AnyFault {
  if (body.on === 'health') return { ...named, ...healthFault(body) };
  return { ...named, ...(body.on === 'traffic' ? trafficFault(body) : apiFault(body)) };
}

type Unnamed<F extends NamedFault> = Omit<F, keyof NamedFault>;

function healthFault({
  region,
  pool_id,
  address,
  reason,
  latency_ms,
}: HealthFaultBody): Unnamed<HealthFault> {
  return {
    on: 'health',
    region: region ?? null,
    pool: pool_id ?? null,
    address: canonicalAddress(address),
    reason: reason ?? null,
    latencyMs: latency_ms ?? 0,
  };
}

const canonicalAddress = (address: string) => parseIp(address)?.text ?? canonicalHost(address);

function trafficFault(body: TrafficFaultBody): Unnamed<TrafficFault> {
  return {
    on: 'traffic',
    target: targetOf(body),
    direction: body.direction ?? 'downstream',
    share: body.share ?? 1,
    latencyMs: body.latency_ms ?? 0,
    jitterMs: body.jitter_ms ?? 0,
    bytesPerSecond: body.bytes_per_second ?? null,
    cut: cutOf(body),
    slowCloseMs: body.slow_close_ms ?? 0,
  };
}

function targetOf({ address, port, pool_id, tunnel_id, client }: TrafficFaultBody): FaultTarget {
  if (typeof address === 'string')
    return { kind: 'origin', address: canonicalAddress(address), port: port ?? null };
  if (typeof pool_id === 'string') return { kind: 'pool', id: pool_id };
  if (typeof tunnel_id === 'string') return { kind: 'tunnel', id: tunnel_id };
  return { kind: 'client', network: parseCidr(client!)!.text };
}

function cutOf({ close_after_bytes, reset, black_hole, after_bytes }: TrafficFaultBody): FaultCut | null {
  if (typeof close_after_bytes === 'number') return { how: 'close', afterBytes: close_after_bytes };
  if (reset) return { how: 'reset', afterBytes: after_bytes ?? 0 };
  return black_hole ? { how: 'hold', afterBytes: after_bytes ?? null } : null;
}

function apiFault({
  method,
  path,
  one_in,
  delay_ms,
  status,
  retry_after_seconds,
}: ApiFaultBody): Unnamed<ApiFault> {
  return {
    on: 'api',
    method: method ?? null,
    path: typeof path === 'string' ? canonicalUrl(path).split('/') : null,
    oneIn: one_in ?? 1,
    delayMs: delay_ms ?? 0,
    answer: typeof status === 'number' ? { status, retryAfter: retry_after_seconds ?? null } : null,
  };
}

export function toWire({ fault, hits, expiresAt }: FaultReport<AnyFault>) {
  return {
    name: fault.name,
    on: fault.on,
    ...shown(fault),
    hits,
    expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
}

function shown(fault: AnyFault): object {
  switch (fault.on) {
    case 'health':
      return {
        address: fault.address,
        region: fault.region,
        pool_id: fault.pool,
        reason: fault.reason,
        latency_ms: fault.latencyMs,
      };
    case 'traffic':
      return {
        ...shownTarget(fault.target),
        direction: fault.direction,
        share: fault.share,
        latency_ms: fault.latencyMs,
        jitter_ms: fault.jitterMs,
        bytes_per_second: fault.bytesPerSecond,
        ...shownCut(fault.cut),
        slow_close_ms: fault.slowCloseMs,
      };
    case 'api':
      return {
        method: fault.method,
        path: fault.path?.join('/') ?? null,
        status: fault.answer?.status ?? null,
        retry_after_seconds: fault.answer?.retryAfter ?? null,
        delay_ms: fault.delayMs,
        one_in: fault.oneIn,
      };
  }
}

function shownTarget(target: FaultTarget): object {
  const origin = target.kind === 'origin' ? target : null;
  return {
    address: origin?.address ?? null,
    port: origin?.port ?? null,
    pool_id: target.kind === 'pool' ? target.id : null,
    tunnel_id: target.kind === 'tunnel' ? target.id : null,
    client: target.kind === 'client' ? target.network : null,
  };
}

function shownCut(cut: FaultCut | null): object {
  const closes = cut?.how === 'close';
  return {
    close_after_bytes: closes ? cut.afterBytes : null,
    reset: cut?.how === 'reset',
    black_hole: cut?.how === 'hold',
    after_bytes: closes ? null : (cut?.afterBytes ?? null),
  };
}
