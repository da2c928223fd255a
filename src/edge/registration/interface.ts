/** The RPC interface that connectors call on the edge (`RegistrationServer` in cloudflared's schema). */
export const REGISTRATION_INTERFACE = 0xf71695ec7fe85497n;

export const REGISTRATION_METHOD = {
  registerConnection: 0,
  unregisterConnection: 1,
  updateLocalConfiguration: 2,
} as const;
