import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of these each takes long for what it waits for. What begins last decides when all are done. */
const LONGEST = [
  'scenarios/data-centres',
  'scenarios/api-limits',
  'storage/session-lock',
  'storage/lost-commit',
  'scenarios/restart',
  'scenarios/start-and-stop',
  'scenarios/start-failures',
  'scenarios/api-tls',
  'scenarios/kill-nine',
  'api/permission-matrix',
  'resources/accounts/permissions',
  'incidents/pools',
  'tunnels/tunnels-registration',
];

/** The order of files within a project; Vitest's own, by what a run before has taken or by size, for all that are not named here. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return place === -1 ? LONGEST.length : place;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
