// Writes docs/compatibility.md: each operation that Cloudflare describes as served, partial or absent, with the reasons
// of openapi/deviations.yaml. Ends with 1 when an operation is missing without a reason or a reason fits no operation.
//
//   npm run compatibility             writes the page
//   npm run compatibility -- --check  only tells whether the page is what it would write
//
// What Cloudflare describes stands in test/support/contract-facts.json.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { openapiDocument } from '../dist/app/openapi-document.js';
import { readArguments } from './support/arguments.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    check: {
      type: 'boolean',
      tells: 'only tell whether the page is what would be written; the code is 1 when not',
    },
  },
});

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGE = path.join(ROOT, 'docs/compatibility.md');
const FACTS = path.join(ROOT, 'test/support/contract-facts.json');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const CLAUSE = /((?:[A-Z]+, )*[A-Z]+|All of) (\/[^\s,]+(?:(?:, | and |, and )\/[^\s,]+)*)( itself)?/g;
const AREAS = [
  ['Load Balancing', /\/load_balanc/],
  ['Zero Trust networking', /\/(teamnet|cfd_tunnel|warp_connector|tunnels|zerotrust)\b/],
  ['Magic Transit', /\/magic\//],
  ['Accounts, zones and users', /./],
];

const theirs = operationsOf(describedPaths());
const ours = operationsOf(await openapiDocument());
const deviations = parse(readFileSync(path.join(ROOT, 'openapi/deviations.yaml'), 'utf8')).map((row) => ({
  ...row,
  fits: fitOf(row),
}));

const rows = [...theirs].map(([key, operation]) => {
  const reasons = deviations.filter(({ fits }) => fits?.has(key));
  return { key, ...operation, status: statusOf(ours.get(key), reasons), reasons };
});
function statusOf(served, reasons) {
  if (!served) return 'absent';
  if (served.deprecated) return 'removed';
  return reasons.length > 0 ? 'partial' : 'served';
}
const additions = [...ours].filter(([key]) => !theirs.has(key)).map(([, operation]) => operation);

const problems = [
  ...rows
    .filter(({ status, reasons }) => status === 'absent' && reasons.length === 0)
    .map(({ text }) => `neither served nor explained: ${text}`),
  ...deviations
    .filter(({ fits }) => fits === null || fits.has(undefined))
    .map(({ id }) => `${id}: its operation cannot be read or is nobody's`),
];
for (const problem of problems) console.error(problem);

const page = render();
if (!values.check) writeFileSync(PAGE, page);
else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/compatibility.md is not what the code serves; npm run compatibility writes it');
  process.exitCode = 1;
}
if (problems.length > 0) process.exitCode = 1;

/**
 * What a row of the deviations is about. `POST, PUT /x` are those methods of /x and of one object in it; `All of /x` is
 * everything from there on, `All of /x itself` only /x and its objects; `All` and `Traffic` are no operations.
 * Null when the text cannot be read; has undefined when a part of it fits nothing.
 */
function fitOf({ operation }) {
  if (operation === 'All' || operation === 'Traffic') return new Set();
  const unread = operation.replaceAll(CLAUSE, '').replaceAll(/,| and |\s/g, '');
  if (unread !== '') return null;
  const fits = [...operation.matchAll(CLAUSE)].flatMap(([, methods, templates, itself]) =>
    templates.split(/, (?:and )?| and /).flatMap((template) => {
      const below = methods === 'All of' && !itself ? '(/.*)?' : '(/\\{\\})?';
      const pattern = new RegExp(`^${shape(template).replaceAll(/[{}]/g, '\\$&')}${below}$`);
      const found = [...theirs.keys(), ...ours.keys()].filter((key) => {
        const [method, path] = key.split(' ');
        return pattern.test(path) && (methods === 'All of' || methods.split(', ').includes(method));
      });
      return found.length > 0 ? found : [undefined];
    }),
  );
  return new Set(fits);
}

/** The operations that Cloudflare describes, as a document has them. */
function describedPaths() {
  const paths = {};
  for (const key of Object.keys(JSON.parse(readFileSync(FACTS, 'utf8')).operations)) {
    const [method, template] = key.split(' ');
    paths[template] = { ...paths[template], [method.toLowerCase()]: {} };
  }
  return { paths };
}

/** By method and path with the names of its variables left out: `GET /zones/{}`. */
function operationsOf({ paths }) {
  const found = Object.entries(paths).flatMap(([template, methods]) =>
    METHODS.filter((method) => method in methods).flatMap((method) => {
      const { summary = '', deprecated = false } = methods[method];
      return expand(`${method.toUpperCase()} ${template}`).map((text) => [
        shape(text),
        { text, summary, deprecated, area: areaOf(text) },
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
      `**partial** (served, with the differences named), ${count('removed')} are **removed** (Cloudflare's changelog says so; an earlier ` +
      `\`--api-date\` serves them, [api-date.md](api-date.md)) and ${count('absent')} are **absent**.`,
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
