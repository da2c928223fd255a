import type { LiveOrigin } from '../live/snapshot.js';
import type { Steering } from '../steering/decide.js';
import type { Plan } from '../steering/plan.js';
import type { Visit } from '../steering/visit.js';
import { type FailedAttempt, mayTryAnotherOrigin } from './retry.js';

/** So many origins whose names do not resolve are passed over for one request: each may cost a wait for DNS. */
const MAX_UNRESOLVED = 5;

/** Which origin one request goes to, and which one next when that fails. */
export class OriginChoice {
  private readonly tried: LiveOrigin[] = [];
  /** The one retry is used up. */
  private retried = false;
  private unresolved = 0;

  constructor(
    private readonly steering: Pick<Steering, 'alternative'>,
    readonly visit: Visit,
    public plan: Plan,
  ) {}

  /** Makes the plan one for another origin; false when the failure is what the client gets. */
  moveOn(attempt: FailedAttempt): boolean {
    const next = attempt.failure === 'unknown_host' ? this.passOver(attempt) : this.retry(attempt);
    if (next === null) return false;
    this.tried.push(this.plan.origin);
    this.plan = next;
    return true;
  }

  private retry(attempt: FailedAttempt): Plan | null {
    if (this.retried || !mayTryAnotherOrigin(attempt)) return null;
    this.retried = true;
    return this.alternativeTo(this.plan);
  }

  /**
   * An origin without an address takes no part in the request: that is no failover, so it holds for sessions too, goes
   * on to other pools, at last to the fallback pool, and uses up no retry.
   */
  private passOver({ replayable }: FailedAttempt): Plan | null {
    if (!replayable || this.unresolved === MAX_UNRESOLVED) return null;
    this.unresolved += 1;
    const { plan } = this;
    const settings = { ...plan.settings, failoverAcrossPools: true };
    const startsSession = plan.pinned || plan.startsSession;
    const free: Plan = { ...plan, settings, pinned: false, startsSession };
    return this.alternativeTo(free) ?? this.fallback(free);
  }

  private fallback(plan: Plan): Plan | null {
    const candidates = [plan.settings.fallbackPool];
    return this.alternativeTo({ ...plan, trace: { ...plan.trace, policy: 'off', candidates } });
  }

  private alternativeTo(plan: Plan): Plan | null {
    const next = this.steering.alternative(plan, this.visit, this.tried);
    // What was asked for this step alone does not stay.
    return next && { ...next, settings: this.plan.settings, trace: this.plan.trace };
  }
}
