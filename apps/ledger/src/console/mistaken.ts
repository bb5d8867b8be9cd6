import { holdsNhsNumber, holdsTenDigits, Refusal } from '@signalbox/contracts';
import type { FastifyRequest } from 'fastify';
import { safePath } from './safe-path.js';

/** What the exchange knows by name. */
export interface Vocabulary {
  readonly isOrganisation: (ods: string) => boolean;
  /** Whether it is a type, or a pattern that covers one. */
  readonly isType: (pattern: string) => boolean;
}

/** Names under which addresses hold what others have chosen: an identity may be of any form. */
const IDENTITIES: ReadonlySet<string> = new Set(['after', 'event', 'id', 'journey', 'source', 'subscription']);
const ORGANISATIONS: ReadonlySet<string> = new Set(['org', 'from', 'to', 'publisher', 'receiver']);
const DATE = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/;
/**
 * A code that nobody here has: events are sent to wrong ones, and pages tell of that. Codes of more than three characters
 * always have a digit, so a name is none.
 */
const UNKNOWN_ODS = /^(?:[A-Z0-9]{3}|(?=.*\d)[A-Z0-9]{1,12})$/;
/** Who did something: an organisation and its application or person. */
const ACTOR = /^[A-Z0-9]{1,12}:[A-Za-z0-9._-]{1,100}$/;
/** The catalogue's search box says itself what it takes. */
const SEARCH = 'q';

/**
 * The first name in a query whose value can be nothing that it asks for: somebody may have typed a patient there. A page
 * would repeat it, in its links and boxes.
 */
export function mistakenIn(query: unknown, vocabulary: Vocabulary): string | undefined {
  const entries = Object.entries((query ?? {}) as Readonly<Record<string, string | readonly string[]>>);
  return entries.find(([name, values]) =>
    [values].flat().some((value) => value !== '' && isMistaken(name, value, vocabulary)),
  )?.[0];
}

function isMistaken(name: string, value: string, { isOrganisation, isType }: Vocabulary): boolean {
  if (name === SEARCH) return false;
  if (holdsNhsNumber(value)) return true;
  if (IDENTITIES.has(name)) return false;
  if (name === 'from' && DATE.test(value)) return false;
  // Where the choice of an organisation leads back to.
  if (name === 'to' && value.startsWith('/')) return safePath(value) !== value;
  if (ORGANISATIONS.has(name)) {
    const ods = value.trim().toUpperCase();
    return !isOrganisation(ods) && (!UNKNOWN_ODS.test(ods) || holdsTenDigits(ods));
  }
  if (name === 'type') return !isType(value);
  if (name === 'by') return !ACTOR.test(value);
  return !DATE.test(value) && holdsTenDigits(value);
}

/** Of these an address may name several, as a form with boxes to tick does. */
const SEVERAL: ReadonlySet<string> = new Set(['state', 'status']);

/** Whether a name stands twice in a query where one is asked for: nobody can tell which of them was meant. */
function isRepeated([name, value]: readonly [string, unknown]): boolean {
  return Array.isArray(value) && !SEVERAL.has(name);
}

/** @throws Refusal SB-4000 that names the place, never the value */
export function refuseMistaken(request: Pick<FastifyRequest, 'query'>, vocabulary: Vocabulary): void {
  if (Object.entries(request.query ?? {}).some(isRepeated))
    throw new Refusal('SB-4000', 'The address names the same thing twice: name it once');
  const name = mistakenIn(request.query, vocabulary);
  if (name === undefined) return;
  // Whoever makes up a name may have made it of a patient.
  const path = /^[a-z]{1,20}$/.test(name) ? `/${name}` : '';
  const finding = {
    path,
    rule: 'no-patient-identifier',
    expected: 'a code, a type or a word of this exchange',
    fix: 'Correct it, or leave it out. Patients are searched for on the page Find, never by an address.',
    doc: '/find',
  };
  throw new Refusal('SB-4000', 'The address asks for something that this exchange does not know', {
    findings: [finding],
  });
}
