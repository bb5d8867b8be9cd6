import { IsLine, IsMoment, Passes } from '@signalbox/runtime';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import { isUserKey } from '@signalbox/messaging';
import { ACTIONS, EGRESS_ALLOW_MAX, type Action } from '@signalbox/registry';

const ODS_CODE = /^[A-Z0-9]{3,12}$/;
const APPLICATION_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const TYPE_PATTERN = /^(?:\*|[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:\.\*)?)$/;

/** None to ten different public NKeys of users; a seed (`S…`) is never taken. */
const IsNatsKeys = (): PropertyDecorator =>
  Passes(
    'isNatsKeys',
    (value: unknown) =>
      Array.isArray(value) &&
      value.length <= 10 &&
      new Set(value).size === value.length &&
      value.every((one) => typeof one === 'string' && isUserKey(one)),
    'up to ten different public NKeys of users (U and 55 characters); never a seed',
  );

/** What only the operator says of an organisation. */
class OrganisationDetails {
  /** How people reach it when something of theirs needs a person. */
  @IsOptional()
  @IsLine(200)
  readonly contact?: string;

  /** Private places that its sinks may be at; what is in it is checked by the registry, which knows the ranges. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(EGRESS_ALLOW_MAX)
  readonly egressAllow?: unknown[];
}

/** `POST /organisations` */
export class NewOrganisation extends OrganisationDetails {
  @Matches(ODS_CODE, { message: 'an ODS code: 3 to 12 capital letters and digits' })
  readonly ods!: string;

  @IsLine(200)
  readonly name!: string;
}

/** `PATCH /organisations/{ods}` */
export class OrganisationChange extends OrganisationDetails {
  @IsOptional()
  @IsLine(200)
  readonly name?: string;

  @IsOptional()
  @IsBoolean()
  readonly active?: boolean;
}

/** `POST /organisations/{ods}/applications` */
export class NewApplication {
  @Matches(APPLICATION_ID, { message: 'lower-case letters, digits and hyphens, at most 63' })
  readonly id!: string;

  @IsLine(200)
  readonly name!: string;

  /** Public keys as JWK (RFC 7517); what is in them is checked by the registry, which knows the algorithms. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(10)
  readonly keys!: unknown[];

  /** With which it may connect to NATS, in the account of its organisation. */
  @IsOptional()
  @IsNatsKeys()
  readonly natskeys?: string[];
}

/** `PATCH /organisations/{ods}/applications/{id}` */
export class ApplicationChange {
  @IsOptional()
  @IsLine(200)
  readonly name?: string;

  @IsOptional()
  @IsBoolean()
  readonly active?: boolean;

  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(10)
  readonly keys?: unknown[];

  /** An empty list takes them all back: its connections end. */
  @IsOptional()
  @IsNatsKeys()
  readonly natskeys?: string[];
}

/** `POST /organisations/{ods}/grants` */
export class NewGrant {
  /** Without it the grant is for every application of the organisation. */
  @IsOptional()
  @Matches(/^(?:\*|[a-z0-9][a-z0-9-]{0,62})$/, { message: 'the id of an application, or *' })
  readonly application?: string;

  @IsIn([...ACTIONS])
  readonly action!: Action;

  @Matches(TYPE_PATTERN, { message: 'an event type, a pattern that ends in .*, or *' })
  @MaxLength(200)
  readonly types!: string;

  @IsLine(500)
  readonly purpose!: string;

  /** On which legal basis data is shared: an article, an agreement. */
  @IsOptional()
  @IsLine(300)
  readonly basis?: string;

  @IsOptional()
  @IsMoment({ day: true })
  readonly expires?: string;
}
