/** Made once: the reason that Node would make has a stack, which costs more than the rest of an abort. */
const CANCELLED = new Error('cancelled');

/**
 * Tells work under way to end, and afterwards whatever it has opened. What an AbortController with its signal does, without events: making
 * one of those costs as much as all of our own code does for a check.
 */
export class Cancellation {
  isCancelled = false;
  private listeners: (() => void)[] = [];

  /** Calls `listener` once, at once when it is too late. */
  onCancel(listener: () => void): void {
    if (this.isCancelled) listener();
    else this.listeners.push(listener);
  }

  forget(listener: () => void): void {
    const at = this.listeners.indexOf(listener);
    if (at >= 0) this.listeners.splice(at, 1);
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) listener();
  }

  /** A new one, for what takes nothing else. */
  signal(): AbortSignal {
    const controller = new AbortController();
    this.onCancel(() => controller.abort(CANCELLED));
    return controller.signal;
  }
}
