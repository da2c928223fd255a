import { stringify } from 'yaml';

const HEADER =
  '# What this Offramp has stored, as a seed: see docs/seeds.md. Secrets of tunnels and API tokens are not in it.\n\n';

/** A seed in YAML. */
export const seedText = (seed: object): string =>
  HEADER + stringify(seed, { lineWidth: 0, aliasDuplicateObjects: false });
