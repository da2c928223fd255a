import { createHmac, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { type Clock, realTime } from '../../net/clock.js';
import type { Alert } from './alert.js';

export interface WebhookOptions {
  /** http or https. It may hold a secret of the receiver, so no log line shows more than its host. */
  readonly url: string;
  /** Signs what is sent; null sends it unsigned. */
  readonly secret: string | null;
  /** The receiver's time: it tells an old notification from a new one. Another one in tests. */
  readonly real?: Clock;
  readonly log: Logger;
  /** Milliseconds that the receiver has for each attempt. */
  readonly timeoutMs?: number;
}

export interface Webhook {
  /** Never waits and never fails: what there is no room for is dropped, and the log says so. */
  send(alert: Alert): void;
  /** Sends what waits for at most `graceMs`; the rest is dropped. */
  drain(graceMs: number): Promise<void>;
}

const MAX_WAITING = 1_000;
/** Milliseconds before the second, third and fourth attempt. */
const PAUSES_MS = [1_000, 5_000, 15_000];
/** The receiver may take it another time. */
const isPassing = (status: number) => status === 408 || status === 429 || status >= 500;

/** Sends alerts to a receiver, one after the other in their order. */
export function createWebhook(options: WebhookOptions): Webhook {
  const { url, secret, real = realTime, log, timeoutMs = 5_000 } = options;
  const { host } = new URL(url);
  const waiting: Alert[] = [];
  const stopped = new AbortController();
  let dropped = 0;
  let sending: Promise<void> | undefined;

  async function sendWaiting(): Promise<void> {
    while (!stopped.signal.aborted) {
      const alert = waiting.shift();
      if (!alert) break;
      await deliver(alert);
      if (dropped > 0)
        log.warn({ host, dropped }, 'notifications were dropped: the receiver does not keep up');
      dropped = 0;
    }
    sending = undefined;
  }

  async function deliver(alert: Alert): Promise<void> {
    const body = JSON.stringify({ id: randomUUID(), ...alert });
    for (const pauseMs of [...PAUSES_MS, null]) {
      const failure = await attempt(body);
      if (failure === null) return;
      if (!failure.passing || pauseMs === null || stopped.signal.aborted) {
        log.warn(
          { host, alert: alert.alert_type, reason: failure.reason },
          'a notification was not delivered',
        );
        return;
      }
      await pause(pauseMs);
    }
  }

  async function attempt(body: string): Promise<{ reason: string; passing: boolean } | null> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Offramp', ...signature(body) },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([realTime.signal(timeoutMs), stopped.signal]),
      });
      await response.body?.cancel();
      if (response.ok) return null;
      return { reason: `the receiver answered ${response.status}`, passing: isPassing(response.status) };
    } catch (error) {
      const { message, cause } = error as Error;
      return { reason: cause instanceof Error ? cause.message : message, passing: true };
    }
  }

  /** Over the time as well, so that nobody can send an old one again. */
  function signature(body: string): Record<string, string> {
    if (secret === null) return {};
    const seconds = Math.floor(real.now() / 1_000);
    const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    return { 'x-offramp-signature': `t=${seconds},v1=${digest}` };
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        stopped.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = real.after(ms, end);
      stopped.signal.addEventListener('abort', end);
    });
  }

  return {
    send(alert) {
      if (waiting.length >= MAX_WAITING || stopped.signal.aborted) {
        dropped += 1;
        return;
      }
      waiting.push(alert);
      sending ??= sendWaiting();
    },
    async drain(graceMs) {
      const cancel = real.after(graceMs, () => stopped.abort());
      await sending;
      cancel();
      stopped.abort();
      const lost = waiting.splice(0).length + dropped;
      if (lost > 0) log.warn({ host, dropped: lost }, 'notifications were dropped at the stop');
    },
  };
}
