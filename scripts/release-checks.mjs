// What keeps a release from being made: a sentence each, with what was found and what to do.

const VERSION = /^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/;

export function problemsOf({ wanted, version, locked, changelog, branch, changed, tags }) {
  if (wanted === undefined || !VERSION.test(wanted))
    return [`the version is "${wanted ?? ''}"; it takes one such as 0.2.0: npm run release -- 0.2.0`];
  const heading = new RegExp(`^## \\[${wanted.replaceAll('.', '\\.')}\\] - \\d{4}-\\d{2}-\\d{2}$`, 'm');
  const section = changelog.split(/^(?=## )/m).find((part) => heading.test(part));
  const unreleased = changelog.split(/^(?=## )/m).find((part) => part.startsWith('## [Unreleased]'));
  return [
    branch === 'main' ? null : `this is the branch ${branch}; releases are made of main`,
    changed === '' ? null : `the working tree has changes; commit them first:\n${changed}`,
    tags.includes(`v${wanted}`) ? `there is a tag v${wanted}; a version is released once` : null,
    version === wanted && locked === wanted
      ? null
      : `package.json has version ${version}, its lock ${locked}, and ${wanted} is wanted: npm version --no-git-tag-version ${wanted}, and commit`,
    section
      ? null
      : `CHANGELOG.md has no heading "## [${wanted}] - YYYY-MM-DD"; give what is unreleased that one`,
    unreleased === undefined
      ? 'CHANGELOG.md has no heading "## [Unreleased]"; it stands first, and may be empty'
      : null,
    section && !/^- /m.test(section) ? `what CHANGELOG.md says of ${wanted} has no entry` : null,
    section && unreleased && /^- /m.test(unreleased)
      ? `CHANGELOG.md has entries below "## [Unreleased]"; move those of ${wanted} to its heading`
      : null,
  ].filter((problem) => problem !== null);
}
