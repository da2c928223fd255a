import type { HaConfig, HaMode } from './schema.js';

/** The members of `config` that each mode must have. */
const NEEDED: Readonly<Record<HaMode, readonly (keyof HaConfig)[]>> = {
  none: [],
  disabled: [],
  aws: ['fnr_id'],
  local: ['vips'],
};
const TAKEN: Readonly<Record<HaMode, readonly (keyof HaConfig)[]>> = {
  none: [],
  disabled: [],
  aws: ['fnr_id'],
  local: ['vips', 'vips_previous'],
};

/** What is wrong with the configuration of a mode, or null. An absent one counts as empty. */
export function haConfigComplaint(mode: HaMode, config: HaConfig | null): string | null {
  const given = Object.keys(config ?? {}) as (keyof HaConfig)[];
  const missing = NEEDED[mode].find((member) => !given.includes(member));
  if (missing) return `config.${missing} is required for ha_mode "${mode}"`;
  const other = given.find((member) => !TAKEN[mode].includes(member));
  return other ? `config.${other} has no place in ha_mode "${mode}"` : null;
}
