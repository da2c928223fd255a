/** What an Offramp takes that takes every credential. */
export const ANY_CREDENTIAL = 'offramp-local-token-for-any-auth-0';
