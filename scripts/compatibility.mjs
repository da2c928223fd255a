// Writes docs/compatibility.md: each operation that Cloudflare describes as served, partial or absent, with the reasons
// of openapi/deviations.yaml. Ends with 1 when an operation is missing without a reason or a reason fits no operation.
//
//   npm run compatibility             writes the page
//   npm run compatibility -- --check  only tells whether the page is what it would write
//
// Needs Cloudflare's OpenAPI description; OFFRAMP_ORACLE names the file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { openapiDocument } from '../dist/openapi-document.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGE = path.join(ROOT, 'docs/compatibility.md');
const ORACLE =
  process.env.OFFRAMP_ORACLE ?? path.resolve(ROOT, '../shared/oracle/cloudflare-api.openapi.json');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const AREAS = [
  ['Load Balancing', /\/load_balanc/],
  ['Zero Trust networking', /\/(teamnet|cfd_tunnel|warp_connector|tunnels|zerotrust)\b/],
  ['Magic Transit', /\/magic\//],
  ['Accounts, zones and users', /./],
];

if (!existsSync(ORACLE)) {
  console.error(`Cloudflare's OpenAPI description is not at ${ORACLE}; OFFRAMP_ORACLE names the file`);
  process.exit(2);
}

const theirs = operationsOf(JSON.parse(readFileSync(ORACLE, 'utf8')));
const ours = operationsOf(await openapiDocument());
const deviations = parse(readFileSync(path.join(ROOT, 'openapi/deviations.yaml'), 'utf8')).map((row) => ({
  ...row,
  fits: new Set((row.operations ?? []).flatMap(expand).map(shape)),
}));

const rows = [...theirs].map(([key, operation]) => {
  const reasons = deviations.filter(({ fits }) => fits.has(key));
  const status = !ours.has(key) ? 'absent' : reasons.length > 0 ? 'partial' : 'served';
  return { key, ...operation, status, reasons };
});
const additions = [...ours].filter(([key]) => !theirs.has(key)).map(([, operation]) => operation);

const problems = [
  ...rows
    .filter(({ status, reasons }) => status === 'absent' && reasons.length === 0)
    .map(({ text }) => `neither served nor explained: ${text}`),
  ...deviations.flatMap(({ id, operations, fits }) =>
    operations === undefined
      ? [`${id} has no list of operations (an empty one says that it is not about operations)`]
      : [...fits]
          .filter((key) => !theirs.has(key) && !ours.has(key))
          .map((key) => `${id} names an operation that nobody has: ${key}`),
  ),
];
for (const problem of problems) console.error(problem);

const page = render();
if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/compatibility.md is not what the code serves; npm run compatibility writes it');
  process.exitCode = 1;
}
if (problems.length > 0) process.exitCode = 1;

/** By method and path with the names of its variables left out: `GET /zones/{}`. */
function operationsOf({ paths }) {
  const found = Object.entries(paths).flatMap(([template, methods]) =>
    METHODS.filter((method) => method in methods).flatMap((method) => {
      const { summary = '' } = methods[method];
      return expand(`${method.toUpperCase()} ${template}`).map((text) => [
        shape(text),
        { text, summary, area: areaOf(text) },
      ]);
    }),
  );
  return new Map(found.sort(([a], [b]) => byPath(a, b)));
}

/** Load balancers are described once for zones and accounts, and are two operations here. */
function expand(text) {
  const generic = '/{accounts_or_zones}/{account_or_zone_id}/';
  if (!text.includes(generic)) return [text];
  return [text.replace(generic, '/accounts/{account_id}/'), text.replace(generic, '/zones/{zone_id}/')];
}

function shape(text) {
  return text.replaceAll(/\{[^}]+\}/g, '{}');
}

function byPath(a, b) {
  const [method, template] = a.split(' ');
  const [other, otherTemplate] = b.split(' ');
  if (template !== otherTemplate) return template < otherTemplate ? -1 : 1;
  return METHODS.indexOf(method.toLowerCase()) - METHODS.indexOf(other.toLowerCase());
}

function areaOf(text) {
  return AREAS.find(([, pattern]) => pattern.test(text))[0];
}

function render() {
  const count = (status) => rows.filter((row) => row.status === status).length;
  const areas = AREAS.map(([area]) => area);
  return `${[
    '# Compatibility with Cloudflare',
    '',
    "Written by `npm run compatibility` from the code, Cloudflare's OpenAPI description and `openapi/deviations.yaml`.",
    '',
    `Of ${rows.length} operations, ${count('served')} are **served** with no difference known, ${count('partial')} are ` +
      `**partial** (served, with the differences named) and ${count('absent')} are **absent**.`,
    ...areas.flatMap((area) => [
      '',
      `## ${area}`,
      '',
      '| Operation | | Differences |',
      '|---|---|---|',
      ...rows
        .filter((row) => row.area === area)
        .map(({ text, status, reasons }) => `| \`${text}\` | ${status} | ${reasons.map(link).join(', ')} |`),
    ]),
    '',
    '## Ours alone',
    '',
    ...additions.map(({ text, summary }) => `- \`${text}\`: ${summary}`),
    '',
    '## Differences',
    '',
    ...deviations.flatMap((row) => [
      `### ${row.id}`,
      '',
      `- **Cloudflare:** ${row.cloudflare}`,
      `- **Offramp:** ${row.offramp}`,
      `- **Why:** ${row.reason}`,
      '',
    ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function link({ id }) {
  return `[${id}](#${id})`;
}
