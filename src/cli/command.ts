import type { Flags } from '../config/flags.js';
import type { Environment } from '../config/parse.js';

export interface Command {
  readonly summary: string;
  readonly flags: Flags;
  /** Shown below the flags by `--help`. */
  readonly notes?: string;
  /** Answers the exit code. */
  run(argv: readonly string[], env: Environment): Promise<number>;
}
