// The licences of what is in the bundle: they ask to be handed on with the code.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files that come with a package and are of somebody else, who has no package there. */
const SWAGGER_UI =
  'The files in swagger-ui/ are those of Swagger UI, by SmartBear Software: Apache-2.0, https://github.com/swagger-api/swagger-ui';

/** The text about the packages that these files belong to. */
export function thirdPartyNotices(files) {
  const packages = new Map();
  for (const file of files.filter((id) => id.includes('/node_modules/'))) {
    const found = packageOf(path.dirname(file));
    packages.set(`${found.name} ${found.version}`, found);
  }
  const sections = [...packages]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([title, found]) => {
      const licence = licenceText(found.folder) ?? `Licence: ${found.license}`;
      return `${title}\n${'='.repeat(title.length)}\n\n${licence.trim()}\n`;
    });
  return `What Offramp's bundle contains of others, ${sections.length} packages:\n\n${SWAGGER_UI}\n\n${sections.join('\n\n')}`;
}

/** Folders inside of a package may have a package.json as well, without a name or a version. */
function packageOf(folder) {
  const manifest = path.join(folder, 'package.json');
  const { name, version, license } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
  return name && version ? { folder, name, version, license } : packageOf(path.dirname(folder));
}

function licenceText(folder) {
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name));
  const texts = names.map((name) => readFileSync(path.join(folder, name), 'utf8'));
  return texts.length > 0 ? texts.join('\n') : null;
}
