import { ProcessSettings, Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';

/** Settings of who signs in to the console, and of acting for them. */
export class PeopleSettings extends ProcessSettings {
  @Setting('SIGNALBOX_GATEWAY_URL', {
    default: 'http://127.0.0.1:8080',
    description: 'Address of the gateway, which carries out what people do on pages',
  })
  readonly gatewayUrl!: URL;

  @Setting('SIGNALBOX_GATEWAY_TIMEOUT_MS', {
    default: 15_000,
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
}
