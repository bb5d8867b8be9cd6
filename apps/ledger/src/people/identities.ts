import { Refusal } from '@signalbox/contracts';
import * as oidc from 'openid-client';
import { type Assurance, isAssured } from './assurance.js';

/** What {@link Identities} is made of. */
export interface IdentitiesParts {
  readonly issuer: URL;
  /** What people know it as. */
  readonly name: string;
  readonly clientId: string;
  /** How the console proves who it is; from what the provider says it understands. */
  readonly clientAuth: (server: oidc.ServerMetadata) => oidc.ClientAuth;
  readonly scopes: readonly string[];
  readonly acrValues?: string;
  readonly assured: Assurance;
  /** The one address that the provider sends people back to. */
  readonly callback: string;
  /** Where it sends them after they have signed out. */
  readonly left: string;
  readonly timeoutMs: number;
  /** How long what the provider says of itself is believed. */
  readonly discoveryMs: number;
  /** How long ago somebody may have proved at the provider who they are. */
  readonly maxAgeSeconds: number;
}

/** What a browser keeps while somebody is at the provider. */
export interface Proof {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Whom the provider has told, and how well it was proved. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly assured: boolean;
}

/**
 * The provider that people sign in with: OpenID Connect's authorisation code flow with PKCE (RFC 7636), state and nonce.
 * It is asked what it can do when it is first needed, so that it may be away when the ledger starts.
 */
export class Identities {
  #found: Promise<oidc.Configuration> | undefined;
  #foundUntil = 0;

  constructor(private readonly parts: IdentitiesParts) {}

  get name(): string {
    return this.parts.name;
  }

  /** Where a browser is sent, and what it has to bring back. @throws Refusal SB-5036 */
  async begin(): Promise<{ readonly at: URL; readonly proof: Proof }> {
    const configuration = await this.#configuration();
    const proof = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
    };
    const { callback, scopes, acrValues, maxAgeSeconds } = this.parts;
    const at = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: callback,
      scope: scopes.join(' '),
      state: proof.state,
      nonce: proof.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(proof.verifier),
      code_challenge_method: 'S256',
      max_age: String(maxAgeSeconds),
      ...(acrValues !== undefined && { acr_values: acrValues }),
    });
    return { at, proof };
  }

  /**
   * Who it is.
   * @param query of the address that the provider has sent the browser to
   * @throws Refusal SB-3010 when the answer is not one to this attempt, or the provider refused; SB-5036 when it is away
   */
  async finish(query: string, { state, nonce, verifier }: Proof): Promise<Identity> {
    const configuration = await this.#configuration();
    const at = new URL(`${this.parts.callback}${query}`);
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
      maxAge: this.parts.maxAgeSeconds,
    };
    const tokens = await oidc.authorizationCodeGrant(configuration, at, checks).catch((error: unknown) => {
      throw isAway(error)
        ? new Refusal('SB-5036', undefined, { retryAfter: 5, cause: error })
        : new Refusal('SB-3010', undefined, { cause: error });
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new Refusal('SB-3010');
    const said = { amr: claims['amr'], acr: claims['acr'] };
    return { issuer: claims.iss, subject: claims.sub, assured: isAssured(said, this.parts.assured) };
  }

  /** Where somebody signs out of the provider too; undefined where it offers that not, or is away. */
  async leave(): Promise<URL | undefined> {
    const configuration = await this.#configuration().catch(() => undefined);
    if (configuration?.serverMetadata().end_session_endpoint === undefined) return undefined;
    return oidc.buildEndSessionUrl(configuration, { post_logout_redirect_uri: this.parts.left });
  }

  async #configuration(): Promise<oidc.Configuration> {
    if (this.#found === undefined || Date.now() > this.#foundUntil) {
      this.#found = this.#discover();
      this.#foundUntil = Date.now() + this.parts.discoveryMs;
    }
    try {
      return await this.#found;
    } catch (error) {
      // It is asked again the next time.
      this.#found = undefined;
      throw new Refusal('SB-5036', undefined, { retryAfter: 5, cause: error });
    }
  }

  async #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientAuth, timeoutMs } = this.parts;
    const timeout = timeoutMs / 1_000;
    // Plain http is for a provider on this machine: the settings refuse any other. The call is marked so that it stands out.
    const plain = issuer.protocol === 'http:';
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const execute = plain ? [oidc.allowInsecureRequests] : [];
    const found = await oidc.discovery(issuer, clientId, undefined, oidc.None(), { execute, timeout });
    const server = found.serverMetadata();
    const configuration = new oidc.Configuration(server, clientId, undefined, clientAuth(server));
    configuration.timeout = timeout;
    // Whoever stands between here and the provider, and ends its TLS, cannot say who somebody is.
    oidc.enableNonRepudiationChecks(configuration);
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (plain) oidc.allowInsecureRequests(configuration);
    return configuration;
  }
}

/** The codes of what is no answer of OpenID Connect: of a proxy in between, say. */
const AWAY: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_PARSE_ERROR',
]);

/** Whether it did not answer, or with an error of its own; everything else it has refused. */
function isAway(error: unknown): boolean {
  if (error instanceof oidc.ResponseBodyError) return error.status >= 500;
  if (error instanceof oidc.AuthorizationResponseError) {
    return error.error === 'server_error' || error.error === 'temporarily_unavailable';
  }
  // Without a code: something that openid-client does not know, such as a connection that broke.
  if (error instanceof oidc.ClientError) return error.code === undefined || AWAY.has(error.code);
  // What fetch throws where nobody answers.
  return error instanceof TypeError;
}
