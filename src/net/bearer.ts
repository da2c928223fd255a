/** What an `Authorization: Bearer` header may carry as a token, and at most how much of it. Source: RFC 6750, section 2.1 (b64token). */
export const isBearerToken = (text: string) => /^[A-Za-z0-9._~+/=-]{1,512}$/.test(text);
