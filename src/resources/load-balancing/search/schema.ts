import { z } from 'zod';
import { listOf } from '../../../api/envelope.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { text } from '../../../api/text.js';
import { reference } from '../references.js';

export const accountParams = z.object({ account_id: hexId });

export const searchQuery = z.object({
  query: text(255).optional(),
  references: z.enum(['', '*', 'referral', 'referrer']).optional(),
  ...pageQuery(),
});

/** What is searched, in the order in which it is answered. */
export const KINDS = ['load_balancer', 'monitor', 'pool'] as const;

const resource = reference
  .omit({ reference_type: true })
  .extend({ resource_type: z.enum(KINDS), references: z.array(reference).optional() })
  .meta({ id: 'SearchedResource' });

/** Paged like a list, with the items one level deeper. */
export const found = listOf(resource).extend({ result: z.object({ resources: z.array(resource) }) });

export type Kind = (typeof KINDS)[number];
export type SearchQuery = z.output<typeof searchQuery>;
export type WireResource = z.output<typeof resource>;
