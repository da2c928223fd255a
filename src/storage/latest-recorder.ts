export interface LatestRecorder {
  /** What was told of the same key before, and is not written yet, will never be. */
  record(key: string, text: string): void;
  /** Resolves when everything that was told so far is written down, or lost. */
  settled(): Promise<void>;
}

export interface LatestRecorderOptions {
  readonly write: (key: string, text: string) => Promise<unknown>;
  /** Characters that wait at most, over all keys; what is told beyond that is lost. */
  readonly limit: number;
  readonly onLost: (error: unknown, key: string) => void;
}

/** Writes down the newest text of each key, one after the other, without holding up those who tell it. */
export function createLatestRecorder({ write, limit, onLost }: LatestRecorderOptions): LatestRecorder {
  const waiting = new Map<string, string>();
  let size = 0;
  let working: Promise<void> | null = null;

  function take(key: string): string | undefined {
    const text = waiting.get(key);
    if (waiting.delete(key)) size -= text!.length;
    return text;
  }

  async function work(): Promise<void> {
    for (let next = waiting.keys().next(); !next.done; next = waiting.keys().next()) {
      const text = take(next.value)!;
      await write(next.value, text).catch((error: unknown) => onLost(error, next.value!));
    }
    working = null;
  }

  return {
    record(key, text) {
      take(key);
      if (size + text.length > limit) {
        onLost(new Error(`more than ${limit} characters are waiting to be written down`), key);
        return;
      }
      waiting.set(key, text);
      size += text.length;
      working ??= work();
    },
    async settled() {
      await working;
    },
  };
}
