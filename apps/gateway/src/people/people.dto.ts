import { IsLine, IsMoment, Passes } from '@signalbox/runtime';
import { IsBoolean, IsOptional } from 'class-validator';
import { type Role, ROLES } from '@signalbox/registry';

/** At least one role, each once. */
const IsRoles = (): PropertyDecorator =>
  Passes(
    'isRoles',
    (value: unknown) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((one) => ROLES.some((role) => role === one)),
    `one or more of ${ROLES.join(', ')}, each once`,
  );

/** `https:`, or `http:` on this machine; the rest is compared with `iss` of ID tokens, letter by letter. */
const IsIssuer = (): PropertyDecorator =>
  Passes(
    'isIssuer',
    (value: unknown) =>
      typeof value === 'string' && value.length <= 500 && URL.canParse(value) && isSafe(new URL(value)),
    'the https URL of the provider of identities, exactly as it stands in iss',
  );

/** Nobody else can read or answer what goes there. */
function isSafe({ protocol, hostname, username, password }: URL): boolean {
  const plain = protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
  return (protocol === 'https:' || plain) && username === '' && password === '';
}

/** `POST /organisations/{ods}/people` */
export class NewPerson {
  @IsIssuer()
  readonly issuer!: string;

  /** `sub` of the provider's ID tokens: at most 255 characters (OpenID Connect Core, section 2). */
  @IsLine(255)
  readonly subject!: string;

  @IsLine(200)
  readonly name!: string;

  @IsRoles()
  readonly roles!: Role[];

  @IsOptional()
  @IsMoment({ day: true })
  readonly expires?: string;
}

/** `PATCH /organisations/{ods}/people/{id}`; `expires: null` takes the end away. */
export class PersonChange {
  @IsOptional()
  @IsLine(200)
  readonly name?: string;

  @IsOptional()
  @IsRoles()
  readonly roles?: Role[];

  @IsOptional()
  @IsBoolean()
  readonly active?: boolean;

  @IsOptional()
  @IsMoment({ day: true })
  readonly expires?: string | null;
}
