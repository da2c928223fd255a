import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { hexId } from '../../../api/identifiers.js';

const members = { icmp_proxy_enabled: z.boolean(), offramp_warp_enabled: z.boolean() };

export const accountParams = z.object({ account_id: hexId });
export const patchBody = z.object(nullish(members));
export const settings = z.object(members).meta({ id: 'ConnectivitySettings' });

export type PatchBody = z.output<typeof patchBody>;
export type Settings = z.output<typeof settings>;
