import { inForce } from '../api/api-changes.js';
import type { Settings } from './context.js';

interface DeletionQuery {
  readonly is_deleted?: boolean | undefined;
  readonly existed_at?: Date | undefined;
}

/**
 * The query of a list with what a missing `is_deleted` means: only what is not deleted. Of what existed at a moment some
 * may be deleted by now, so `existed_at` alone leaves both. Before the change of the API every list without it did.
 */
export function deletionFilter<Q extends DeletionQuery>(query: Q, settings: Settings): Q {
  if (query.is_deleted !== undefined || query.existed_at !== undefined) return query;
  return inForce('active_only_lists', settings.apiDate) ? { ...query, is_deleted: false } : query;
}
