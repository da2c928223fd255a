/** A configuration that this connector cannot serve as it stands; the message says where and why. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(at: string, reason: string) {
    super(`${at}: ${reason}`);
  }
}

/** What is quoted in messages never gets long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value));
  return text.length > 128 ? `${text.slice(0, 128)}…` : text;
}
