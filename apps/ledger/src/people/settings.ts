import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { FindSettings } from '../find/settings.js';

/** Settings of who signs in to the console, and of acting for them. */
export class PeopleSettings extends FindSettings {
  @Setting('SIGNALBOX_GATEWAY_URL', {
    default: 'http://127.0.0.1:8080',
    description: 'Address of the gateway, which carries out what people do on pages',
  })
  readonly gatewayUrl!: URL;

  @Setting('SIGNALBOX_GATEWAY_TIMEOUT_MS', {
    default: 120_000,
    description: 'Milliseconds that the gateway may take to carry out what somebody does on a page',
  })
  @IsInt()
  @Min(50)
  @Max(300_000)
  readonly gatewayTimeoutMs!: number;

  @Setting('SIGNALBOX_CONSOLE_SIGNING_KEY', {
    optional: true,
    secret: true,
    description:
      'Private Ed25519 JWK with which the console signs for whoever is signed in; the gateway is given the public one. Without it nobody can act on pages',
  })
  readonly consoleSigningKey?: string;

  @Setting('SIGNALBOX_CONSOLE_SESSION_MINUTES', {
    default: 480,
    description:
      'Minutes after which everybody has to sign in again; with an access token no longer than that is valid',
  })
  @IsInt()
  @Min(1)
  @Max(1_440)
  readonly sessionMinutes!: number;

  @Setting('SIGNALBOX_CONSOLE_IDLE_MINUTES', {
    default: 15,
    description: 'Minutes after which somebody has to sign in again who asks for no page; live updates do not count',
  })
  @IsInt()
  @Min(1)
  @Max(480)
  readonly idleMinutes!: number;

  @Setting('SIGNALBOX_OIDC_ISSUER', {
    optional: true,
    description:
      'The provider that people sign in with (OpenID Connect); https, but on this machine. Without it: access tokens only',
  })
  readonly oidcIssuer?: URL;

  @Setting('SIGNALBOX_OIDC_NAME', {
    default: 'your organisation’s account',
    description: 'What the sign-in calls the provider: Sign in with …',
  })
  readonly oidcName!: string;

  @Setting('SIGNALBOX_OIDC_CLIENT_ID', {
    default: 'signalbox-console',
    description: 'Who the console is at the provider',
  })
  readonly oidcClientId!: string;

  @Setting('SIGNALBOX_OIDC_CLIENT_SECRET', {
    optional: true,
    secret: true,
    description: 'Secret of the console at the provider; this or the key is needed',
  })
  readonly oidcClientSecret?: string;

  @Setting('SIGNALBOX_OIDC_CLIENT_KEY', {
    optional: true,
    secret: true,
    description:
      'Private JWK (ES256, PS256, RS256 or Ed25519) by which the console proves itself to the provider (private_key_jwt)',
  })
  readonly oidcClientKey?: string;

  @Setting('SIGNALBOX_OIDC_SCOPES', {
    default: ['openid'],
    description: 'Scopes that are asked for; nothing but issuer, subject and how it was proved is used',
  })
  readonly oidcScopes!: string[];

  @Setting('SIGNALBOX_OIDC_ACR_VALUES', {
    optional: true,
    description: 'How strongly the provider is asked to have it proved (acr_values), separated by spaces',
  })
  readonly oidcAcrValues?: string;

  @Setting('SIGNALBOX_OIDC_ASSURED_AMR', {
    default: ['mfa'],
    description:
      'Values of amr of which one means that more than one factor proved who it is; values of events are shown only then',
  })
  readonly oidcAssuredAmr!: string[];

  @Setting('SIGNALBOX_OIDC_ASSURED_ACR', {
    default: [],
    description: 'Values of acr that mean the same',
  })
  readonly oidcAssuredAcr!: string[];

  @Setting('SIGNALBOX_OIDC_TIMEOUT_MS', {
    default: 10_000,
    description: 'Milliseconds that the provider may take for one answer',
  })
  @IsInt()
  @Min(100)
  @Max(60_000)
  readonly oidcTimeoutMs!: number;

  @Setting('SIGNALBOX_OIDC_DISCOVERY_MINUTES', {
    default: 60,
    description: 'Minutes after which the provider is asked again where its calls are and what it can do',
  })
  @IsInt()
  @Min(1)
  @Max(1_440)
  readonly oidcDiscoveryMinutes!: number;

  @Setting('SIGNALBOX_OIDC_ATTEMPT_MINUTES', {
    default: 10,
    description: 'Minutes within which a sign-in at the provider has to end',
  })
  @IsInt()
  @Min(1)
  @Max(60)
  readonly oidcAttemptMinutes!: number;
}
