import { ConfigurationError, shown } from './configuration-error.js';

// Values out of a configuration: each function answers the value, undefined when it is absent or null, or throws a
// ConfigurationError that says where it stands.

export type Json = Readonly<Record<string, unknown>>;
export type Read<T> = (value: unknown, at: string) => T | undefined;

const MAX_TEXT = 4096;
const MAX_SECONDS = 2_147_483_647;

export const readObject: Read<Json> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw new ConfigurationError(at, `${shown(value)} must be an object`);
};

export const readList: Read<readonly unknown[]> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value;
  throw new ConfigurationError(at, `${shown(value)} must be a list`);
};

export const readText: Read<string> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw new ConfigurationError(at, `${shown(value)} must be text of at most ${MAX_TEXT} characters`);
};

export const readFlag: Read<boolean> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw new ConfigurationError(at, `${shown(value)} must be true or false`);
};

export const readCount: Read<number> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_SECONDS)
    return value as number;
  throw new ConfigurationError(at, `${shown(value)} must be a whole number from 0 to ${MAX_SECONDS}`);
};

/** Durations are whole seconds in JSON, as cloudflared has them. */
export const readSeconds: Read<number> = (value, at) => {
  try {
    return readCount(value, at);
  } catch {
    throw new ConfigurationError(
      at,
      `${shown(value)} must be a whole number of seconds, from 0 to ${MAX_SECONDS}`,
    );
  }
};

/** What nobody here knows must not be lost in silence: it could be what the whole rule was written for. */
export function refuseUnknown(object: Json, known: readonly string[], at: string): void {
  const stranger = Object.keys(object).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      `${at}.${stranger}`,
      `this connector knows no such member; it knows ${known.join(', ')}`,
    );
}
