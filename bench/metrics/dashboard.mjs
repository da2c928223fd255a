/** What the panels of a dashboard ask, with their titles. */
export function expressionsOf({ panels }) {
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}

/** The same as Grafana would ask for all of everything, over a minute. */
export function asAsked(expr) {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('"$instance"', '".*"')
    .replaceAll('"$load_balancer"', '".*"');
}
