// How each client is generated, compiled and run. Every version is pinned; everything is installed below a temporary folder.
const NPM = ['npm', 'install', '--silent', '--no-save', '--no-package-lock'];
const TYPESCRIPT = ['typescript@5.9.3', '@types/node@20.19.43'];
const TSC = [
  ...['npx', 'tsc', '--strict', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'],
  ...['--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--outDir', 'out', 'program.ts'],
];
const GO = ['go', 'mod', 'init', 'example.com/client'];
const JAVA_GENERATOR = 'org.openapitools:openapi-generator-cli:7.24.0';

/** `needs` must be on the PATH; what is in `copies` is put beside the document before the first step. */
export const CLIENTS = [
  {
    name: 'openapi-typescript + openapi-fetch',
    folder: 'openapi-fetch',
    version: '7.13.0, 0.17.0',
    needs: ['npm'],
    copies: ['program.ts'],
    files: { 'package.json': '{"type":"module","private":true}' },
    install: [[...NPM, 'openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', ...TYPESCRIPT]],
    generate: [['npx', 'openapi-typescript', 'openapi.json', '-o', 'generated.d.ts']],
    compile: [TSC],
    run: ['node', 'out/program.js'],
  },
  {
    name: '@hey-api/openapi-ts',
    folder: 'hey-api',
    version: '0.92.2',
    needs: ['npm'],
    copies: ['program.ts'],
    files: {
      'package.json': '{"type":"module","private":true}',
      // Its files import each other without endings, as for a bundler; `.js` is what Node reads.
      'openapi-ts.config.mjs':
        "export default { input: './openapi.json', output: { path: 'generated', importFileExtension: '.js' }, plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'] };",
    },
    install: [[...NPM, '@hey-api/openapi-ts@0.92.2', ...TYPESCRIPT]],
    generate: [['npx', 'openapi-ts']],
    compile: [[...TSC.slice(0, -1), '--lib', 'es2023,dom,dom.iterable', 'program.ts']],
    run: ['node', 'out/program.js'],
  },
  {
    name: 'openapi-python-client',
    folder: 'python',
    version: '0.29.1',
    needs: ['python3'],
    copies: ['program.py'],
    // It knows no media type for certificates.
    files: {
      'config.yaml': 'content_type_overrides: { application/x-pem-file: text/plain }\npost_hooks: []\n',
    },
    install: [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', 'install', '--quiet', 'openapi-python-client==0.29.1', 'mypy==1.18.2'],
    ],
    generate: [
      [
        ...['venv/bin/openapi-python-client', 'generate', '--path', 'openapi.json', '--meta', 'none'],
        ...['--config', 'config.yaml'],
        ...['--output-path', 'offramp_client', '--fail-on-warning'],
      ],
    ],
    // The types of the generated files count, their style does not.
    compile: [['venv/bin/mypy', '--strict', '--follow-imports', 'silent', 'program.py']],
    run: ['venv/bin/python', 'program.py'],
  },
  {
    name: 'oapi-codegen',
    folder: 'oapi-codegen',
    version: '2.8.2',
    needs: ['go'],
    copies: ['main.go'],
    files: {
      'config.yaml': 'package: api\ngenerate: { models: true, client: true }\noutput: api/api.go\n',
    },
    install: [GO, ['mkdir', 'api']],
    generate: [
      [
        'go',
        'run',
        'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2',
        '-config',
        'config.yaml',
        'openapi.json',
      ],
    ],
    compile: [
      ['go', 'get', 'github.com/oapi-codegen/runtime@v1.9.0'],
      ['go', 'build', '-o', 'program', '.'],
    ],
    run: ['./program'],
  },
  {
    name: 'ogen',
    folder: 'ogen',
    version: '1.25.0',
    needs: ['go'],
    copies: ['main.go'],
    install: [GO],
    generate: [
      [
        'go',
        'run',
        'github.com/ogen-go/ogen/cmd/ogen@v1.25.0',
        '--target',
        'api',
        '--package',
        'api',
        'openapi.json',
      ],
    ],
    compile: [
      ['go', 'get', 'github.com/ogen-go/ogen@v1.25.0'],
      ['go', 'mod', 'tidy'],
      ['go', 'build', '-o', 'program', '.'],
    ],
    run: ['./program'],
  },
  {
    name: 'openapi-generator (java)',
    folder: 'java',
    version: '7.24.0',
    needs: ['java', 'mvn'],
    copies: ['Program.java'],
    install: [
      [
        ...['mvn', '-q', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy'],
        ...[`-Dartifact=${JAVA_GENERATOR}`, '-DoutputDirectory=.', '-Dmdep.stripVersion=true'],
      ],
    ],
    generate: [
      [
        'java',
        '-jar',
        'openapi-generator-cli.jar',
        'generate',
        '-i',
        'openapi.json',
        '-g',
        'java',
        '--library',
        'native',
        '-o',
        '.',
      ],
      ['mv', 'Program.java', 'src/main/java/'],
    ],
    compile: [
      ['mvn', '-q', '-DskipTests', 'compile'],
      [
        ...['mvn', '-q', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'],
        ...['-DincludeScope=runtime', '-DoutputDirectory=target/dependency'],
      ],
    ],
    run: ['java', '-cp', 'target/classes:target/dependency/*', 'Program'],
  },
];

/** What every program prints, after `passed`. */
export const CHECKS = ['list', 'create', 'patch', '400', '404', 'virtual network', 'tunnel', 'route'];

/** They find no error, and no warning about an operation. */
export const LINTERS = [
  {
    name: 'redocly',
    version: '2.25.0',
    needs: ['npm'],
    install: [[...NPM, '@redocly/cli@2.25.0']],
    run: ['npx', 'redocly', 'lint', '--extends', 'recommended', '--format', 'stylish', 'openapi.json'],
  },
  {
    name: 'spectral',
    version: '6.16.3',
    needs: ['npm'],
    files: { '.spectral.yaml': 'extends: ["spectral:oas"]\n' },
    install: [[...NPM, '@stoplight/spectral-cli@6.16.3']],
    run: ['npx', 'spectral', 'lint', '--fail-severity', 'warn', 'openapi.json'],
  },
];
