const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Whether it is a host name, lower case. */
export const isHostname = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => LABEL.test(label));

/** Whether something in the zone may have this name: the zone's own, one below it, or `*.` and one of those. Lower case. */
export function isHostnameIn(zone: string, name: string): boolean {
  const host = name.startsWith('*.') ? name.slice(2) : name;
  if (host !== zone && !host.endsWith(`.${zone}`)) return false;
  return name.length <= 253 && isHostname(host);
}
