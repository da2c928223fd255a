import type { LiveOrigin } from '../state/snapshot.js';
import type { Plan, RequestContext, Sessions } from '../steering/contract.js';
import type { Steering } from '../steering/decide.js';
import { type FailedAttempt, MAX_ORIGINS_LEFT, mayTryAnotherOrigin } from './retry.js';

/** So many origins whose names do not resolve are passed over in one pool: each may cost a wait for DNS. */
const MAX_UNRESOLVED_IN_POOL = 5;
/** And so many for one request, in all pools together. */
const MAX_UNRESOLVED = 20;

/** Which origin one request goes to, and which one next when that fails. */
export class OriginChoice {
  private readonly tried: LiveOrigin[] = [];
  /** The one retry is used up: an attempt has failed. */
  private retried = false;
  private left = 0;
  private unresolved = 0;
  private unresolvedInPool = 0;

  constructor(
    private readonly steering: Pick<Steering, 'alternative' | 'reselect'>,
    private readonly context: RequestContext,
    public plan: Plan,
  ) {}

  /** Makes the plan one for another origin; false when the failure is what the client gets. */
  moveOn(attempt: FailedAttempt): boolean {
    if (attempt.failure === 'unknown_host' || attempt.failure === 'prohibited')
      return this.move(this.reselect(attempt));
    return attempt.tunnelAway ? this.leave(attempt) : this.move(this.retry(attempt));
  }

  /**
   * Makes the plan one for another origin, because this one was found down while the request waits for it. False when there is
   * nowhere to go: then it is best to go on waiting.
   */
  leaveDown(): boolean {
    if (this.left === MAX_ORIGINS_LEFT) return false;
    const moved = this.move(this.alternative());
    if (moved) this.left += 1;
    return moved;
  }

  /** A tunnel without a connection is no failure of this origin alone: the next one may be behind it too, and the retry is for later. */
  private leave({ replayable }: FailedAttempt): boolean {
    return replayable && this.leaveDown();
  }

  private move(next: Plan | null): boolean {
    if (next === null) return false;
    this.tried.push(this.plan.origin);
    if (next.pool.id !== this.plan.pool.id) this.unresolvedInPool = 0;
    this.plan = next;
    return true;
  }

  /** The value of the Set-Cookie that binds the client to this origin from now on; null without one. */
  sessionCookie(sessions: Pick<Sessions, 'pin'>): string | null {
    const { plan, context } = this;
    if (!plan.startsSession) return null;
    const pin = { poolId: plan.pool.id, originKey: plan.origin.key };
    return sessions.pin(plan.loadBalancer, plan.settings, context, pin);
  }

  private retry(attempt: FailedAttempt): Plan | null {
    if (this.retried || !mayTryAnotherOrigin(attempt)) return null;
    this.retried = true;
    return this.alternative();
  }

  private alternative(): Plan | null {
    return this.steering.alternative(this.plan, this.context, this.tried);
  }

  /** An origin without an address that may be dialled takes no part in the request, which uses up no retry. */
  private reselect({ replayable }: FailedAttempt): Plan | null {
    if (!replayable || this.unresolved === MAX_UNRESOLVED) return null;
    this.unresolved += 1;
    this.unresolvedInPool += 1;
    const excludesPool = this.unresolvedInPool > MAX_UNRESOLVED_IN_POOL;
    return this.steering.reselect(this.plan, this.context, this.tried, excludesPool);
  }
}
