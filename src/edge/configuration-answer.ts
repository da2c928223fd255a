/** What a connector said to a configuration. */
export interface ConfigurationAnswer {
  /** The version that it goes by now; -1 while it has taken over none. */
  readonly applied: number;
  /** Why it did not take the configuration over; empty when it gave no reason, null when it did. */
  readonly error: string | null;
}

const MAX_SHOWN = 256;
const MAX_VERSION = 2_147_483_647;

/** Reads `{"lastAppliedVersion":2,"err":null}`; null for anything else. */
export function parseConfigurationAnswer(body: Buffer): ConfigurationAnswer | null {
  const answer = parseObject(body);
  if (!answer) return null;
  const { lastAppliedVersion: applied, err } = answer;
  if (!isVersion(applied)) return null;
  return { applied, error: err === null || err === undefined ? null : shown(err) };
}

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const isVersion = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= -1 && (value as number) <= MAX_VERSION;

/** cloudflared writes an error as whatever its fields are, which is `{}` for most. */
function shown(error: unknown): string {
  if (typeof error === 'string') return error.slice(0, MAX_SHOWN);
  const text = JSON.stringify(error);
  return text === '{}' ? '' : text.slice(0, MAX_SHOWN);
}
