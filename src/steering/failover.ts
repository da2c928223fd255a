import type { LiveOrigin } from '../state/snapshot.js';
import type { Plan, RequestContext, Sessions } from './contract.js';
import type { Steering } from './decide.js';

/** How often what is asked may go elsewhere, beside its one retry. */
interface FailoverLimits {
  /** Origins that are left because they are known to be down or cut off: all were healthy when they were chosen. */
  readonly left: number;
  /** Origins of one pool whose names do not resolve: each may cost a wait for DNS. */
  readonly unresolvedInPool: number;
  /** The same, of all pools together. */
  readonly unresolved: number;
}

const LIMITS: FailoverLimits = { left: 20, unresolvedInPool: 5, unresolved: 20 };

/**
 * Which origin a request, a TCP connection or a question of DNS goes to, and which one next when that cannot serve it. Each method makes the
 * plan one for another origin, and says with false that there is none, or that there were enough.
 */
export class Failover {
  private readonly tried: LiveOrigin[] = [];
  private retried = false;
  private left = 0;
  private unresolved = 0;
  private unresolvedInPool = 0;

  constructor(
    private readonly steering: Pick<Steering, 'alternative' | 'reselect'>,
    private readonly context: RequestContext,
    public plan: Plan,
    private readonly limits = LIMITS,
  ) {}

  /** The attempt at the origin has failed: the one retry. */
  retry(): boolean {
    if (this.retried) return false;
    this.retried = true;
    return this.move(this.alternative());
  }

  /** The origin is known to be down or cut off, or nothing leads to it at the moment. Uses up no retry. */
  leave(): boolean {
    if (this.left === this.limits.left) return false;
    const moved = this.move(this.alternative());
    if (moved) this.left += 1;
    return moved;
  }

  /** The origin has no address that may be dialled, so that it takes no part in the request. Uses up no retry. */
  reselect(): boolean {
    const { limits } = this;
    if (this.unresolved === limits.unresolved) return false;
    this.unresolved += 1;
    this.unresolvedInPool += 1;
    const excludesPool = this.unresolvedInPool > limits.unresolvedInPool;
    return this.move(this.steering.reselect(this.plan, this.context, this.tried, excludesPool));
  }

  /** The value of the Set-Cookie that binds the client to this origin from now on; null without one. */
  sessionCookie(sessions: Pick<Sessions, 'pin'>): string | null {
    const { plan, context } = this;
    if (!plan.startsSession) return null;
    const pin = { poolId: plan.pool.id, originKey: plan.origin.key };
    return sessions.pin(plan.loadBalancer, plan.settings, context, pin);
  }

  private alternative(): Plan | null {
    return this.steering.alternative(this.plan, this.context, this.tried);
  }

  private move(next: Plan | null): boolean {
    if (next === null) return false;
    this.tried.push(this.plan.origin);
    if (next.pool.id !== this.plan.pool.id) this.unresolvedInPool = 0;
    this.plan = next;
    return true;
  }
}
