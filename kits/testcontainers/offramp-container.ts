import { randomBytes } from 'node:crypto';
import { AbstractStartedContainer, GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';

/** What the image listens at. */
const PORTS = { api: 7840, edge: 7844, http: 7880, https: 7883, dns: 7853 } as const;

/**
 * Offramp in memory, in the image that the Dockerfile of the project makes: `docker build -t offramp .`, then `await new
 * OfframpContainer('offramp').start()`.
 */
export class OfframpContainer extends GenericContainer {
  #token = randomBytes(24).toString('hex');
  readonly #flags = ['--memory', '--min-monitor-interval=1'];

  constructor(image: string) {
    super(image);
    this.withExposedPorts(...Object.values(PORTS));
    this.withWaitStrategy(Wait.forHttp('/_offramp/ready', PORTS.api).forStatusCode(200));
  }

  /** The one credential; 32 characters or more. One is made up unless told. */
  withApiToken(token: string): this {
    this.#token = token;
    return this;
  }

  /** More flags of `offramp start`: `withFlags('--direct-network=172.16.0.0/12')` lets origins be containers beside it. */
  withFlags(...flags: readonly string[]): this {
    this.#flags.push(...flags);
    return this;
  }

  protected override async beforeContainerCreated(): Promise<void> {
    this.withEnvironment({ OFFRAMP_HOST: '0.0.0.0', OFFRAMP_API_TOKEN: this.#token });
    this.withCommand(['start', ...this.#flags]);
  }

  override async start(): Promise<StartedOfframpContainer> {
    return await startedOfframp(await super.start(), this.#token);
  }
}

/** A container that is ready, and what its API says of its first account. */
export async function startedOfframp(
  container: StartedTestContainer,
  token: string,
): Promise<StartedOfframpContainer> {
  const api = `http://${container.getHost()}:${container.getMappedPort(PORTS.api)}/client/v4`;
  const first = async (path: string): Promise<Named> => {
    const answer = await fetch(api + path, { headers: { authorization: `Bearer ${token}` } });
    if (answer.status !== 200)
      throw new Error(`GET ${path} answered ${answer.status}: ${await answer.text()}`);
    const { result } = (await answer.json()) as { readonly result: readonly Named[] };
    if (!result[0]) throw new Error(`GET ${path} has nothing to show`);
    return result[0];
  };
  const account = await first('/accounts');
  const zone = await first(`/zones?account.id=${account.id}`);
  return new StartedOfframpContainer(container, token, account.id, zone);
}

interface Named {
  readonly id: string;
  readonly name: string;
}

export class StartedOfframpContainer extends AbstractStartedContainer {
  constructor(
    container: StartedTestContainer,
    private readonly token: string,
    private readonly accountId: string,
    private readonly zone: Named,
  ) {
    super(container);
  }

  /** The base URL of SDKs. */
  getApiUrl(): string {
    return `http://${this.#at('api')}/client/v4`;
  }

  getApiToken(): string {
    return this.token;
  }

  getAccountId(): string {
    return this.accountId;
  }

  getZoneId(): string {
    return this.zone.id;
  }

  getDomain(): string {
    return this.zone.name;
  }

  /** `host:port` of HTTP traffic. */
  getHttp(): string {
    return this.#at('http');
  }

  getHttps(): string {
    return this.#at('https');
  }

  /** Of questions of DNS over TCP. */
  getDns(): string {
    return this.#at('dns');
  }

  /** For tunnel connectors. */
  getEdge(): string {
    return this.#at('edge');
  }

  /** The PEM of the CA that connectors trust. */
  async getEdgeCa(): Promise<string> {
    const answer = await fetch(new URL('/_offramp/ca.pem', this.getApiUrl()));
    return await answer.text();
  }

  /** What the SDKs and Terraform read. */
  getEnv(): Readonly<Record<string, string>> {
    return {
      CLOUDFLARE_BASE_URL: this.getApiUrl(),
      CLOUDFLARE_API_BASE_URL: this.getApiUrl(),
      CLOUDFLARE_API_TOKEN: this.token,
      CLOUDFLARE_ACCOUNT_ID: this.accountId,
      CLOUDFLARE_ZONE_ID: this.zone.id,
      CLOUDFLARE_DOMAIN: this.zone.name,
    };
  }

  #at(name: keyof typeof PORTS): string {
    return `${this.getHost()}:${this.getMappedPort(PORTS[name])}`;
  }
}
