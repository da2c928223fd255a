import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { poolVerdict } from '../verdict.js';

const accountParams = z.object({ account_id: hexId });
export const monitorParams = accountParams.extend({ monitor_id: hexId });
export const poolParams = accountParams.extend({ pool_id: hexId });
export const previewParams = accountParams.extend({ preview_id: hexId });

export const started = z
  .object({
    preview_id: hexId,
    pools: z.record(z.string(), z.string()).describe('The name of each pool that is tried, by its id.'),
  })
  .meta({ id: 'Preview' });

export const result = z.record(z.string(), poolVerdict).meta({
  id: 'PreviewResult',
  description: 'By pool id; pools that are still being checked are not there.',
});

export type Started = z.output<typeof started>;
export type Result = z.output<typeof result>;
