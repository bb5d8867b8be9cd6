import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import {
  IsNotEmpty,
  isISO8601,
  IsString,
  MaxLength,
  ValidateBy,
  validateSync,
  type ValidationError,
} from 'class-validator';

/** One thing wrong with a request body of ours; same shape as the findings of an event, and never a value. */
export interface BodyFinding {
  readonly path: string;
  readonly rule: string;
  readonly expected: string;
  readonly fix: string;
  readonly doc: string;
}

const MAX_FINDINGS = 100;

/**
 * A rule of our own for a member of a request body.
 * @param name of the rule, as findings tell it
 * @param expected what the member has to be, in words; never a value
 */
export function Passes(name: string, validate: (value: unknown) => boolean, expected: string): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => expected } });
}

/** A text of at least one character and of at most `most`. */
export function IsText(most: number): PropertyDecorator {
  const rules = [MaxLength(most), IsNotEmpty(), IsString()];
  return (target, member) => rules.forEach((rule) => rule(target, member));
}

/** Characters that break a line, or turn the direction of what stands around them. */
const NO_LINE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** The same on one line, as names stand on pages, in files and in events. */
export function IsLine(most: number): PropertyDecorator {
  const expected = 'text on one line, without control characters';
  const rules = [
    IsText(most),
    Passes('isLine', (value) => typeof value !== 'string' || !NO_LINE.test(value), expected),
  ];
  return (target, member) => rules.forEach((rule) => rule(target, member));
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * A date and time with its zone (RFC 3339), of which every part of the exchange makes the same moment; weeks and days of
 * years, which ISO 8601 has too, databases and browsers read differently or not at all.
 * @param day whether a date alone will do, which is its beginning in UTC
 */
export function IsMoment({ day = false }: { readonly day?: boolean } = {}): PropertyDecorator {
  const isOne = (value: unknown): boolean =>
    typeof value === 'string' &&
    (MOMENT.test(value) || (day && DAY.test(value))) &&
    isISO8601(value, { strict: true }) &&
    Date.parse(value) >= FIRST_MOMENT;
  const form = 'a date and time with its zone, such as 2026-12-01T00:00:00Z';
  return Passes('isMoment', isOne, day ? `${form}, or a date` : form);
}

/** Databases know no year 0. */
const FIRST_MOMENT = Date.parse('0001-01-02T00:00:00Z');

/**
 * Reads a JSON request body into a class-validator class. Unknown members are refused, every finding is reported.
 * @param badBody makes the error to throw from the findings.
 * @throws what `badBody` returns.
 */
export function parseBody<T extends object>(
  Dto: new () => T,
  body: Uint8Array | undefined,
  badBody: (findings: readonly BodyFinding[]) => Error,
): T {
  const parsed = parseObject(body, badBody);
  const instance = plainToInstance(Dto, parsed, { exposeDefaultValues: true });
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (errors.length === 0) return instance;
  throw badBody(errors.flatMap((error) => findingsOf(error, '')).slice(0, MAX_FINDINGS));
}

function parseObject(body: Uint8Array | undefined, badBody: (findings: readonly BodyFinding[]) => Error): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw badBody([finding('', 'json', 'a JSON object in UTF-8', 'Send well-formed JSON after RFC 8259.')]);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw badBody([finding('', 'type', 'a JSON object', 'Send one object.')]);
}

function findingsOf(error: ValidationError, above: string): BodyFinding[] {
  const path = `${above}/${pointerPart(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? finding(
          above,
          'unknown-member',
          'no members but the documented ones',
          'Remove the members that the call does not document.',
        )
      : finding(path, rule, message, 'Correct this member, then send the request again.'),
  );
  return [...own, ...(error.children ?? []).flatMap((child) => findingsOf(child, path))];
}

/** A member's name is the sender's only where the DTO does not know it, and then it is not told: a name can carry data too. */
const pointerPart = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const finding = (path: string, rule: string, expected: string, fix: string): BodyFinding => ({
  path,
  rule,
  expected,
  fix,
  doc: '/openapi.json',
});
