import { createHmac } from 'node:crypto';

/** A business identifier as an event's content has it. Held only long enough to be hashed. */
export interface Identifier {
  readonly name: string;
  readonly system?: string | undefined;
  readonly value: string;
}

/** The two keyed hashes that the ledger keeps of an identifier. */
export interface PseudonymPair {
  /** Of name, system and value. */
  readonly pseudonym: string;
  /** Of the value alone: what somebody types into the search box has no name or system. */
  readonly valuepseudonym: string;
}

/** The name under which an NHS number is kept, whichever of its two national code systems the event used. */
export const PATIENT = 'patient';

/** Turns identifiers into keyed hashes (HMAC-SHA-256), so that the database can find but never tell them. */
export class Pseudonyms {
  /** @param key at least 32 characters; with another key nothing recorded before can be found by identifier */
  constructor(private readonly key: string) {
    if (key.length < 32) throw new Error('The pseudonym key must have at least 32 characters.');
  }

  of(identifier: Identifier): PseudonymPair {
    const value = normal(identifier.value);
    const system = systemOf(identifier.system);
    return {
      pseudonym: this.hash('identifier', identifier.name, system, value),
      valuepseudonym: this.ofValue(identifier.value),
    };
  }

  ofValue(value: string): string {
    return this.hash('value', normal(value));
  }

  /** The hashes under which what somebody wrote may be kept: rows that are older than a rule of writing hold what was written then. */
  ofWritten(value: string): string[] {
    return writings(value).map((one) => this.hash('value', one));
  }

  /** The same of an identifier whose name and system are known. */
  ofNamed({ name, system, value }: Identifier): string[] {
    return writings(value).map((one) => this.hash('identifier', name, systemOf(system), one));
  }

  private hash(...parts: readonly string[]): string {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest('hex');
  }
}

/**
 * NHS numbers (10 digits) and UBRNs (12) are written with and without spaces and hyphens, references in either case: all
 * must be found. In other references a hyphen may tell two apart, so it stays.
 */
function normal(value: string): string {
  const plain = withoutSpaces(value);
  const digits = plain.replaceAll(HYPHENS, '');
  return NUMBERS.test(digits) ? digits : plain;
}

/** Every way in which a value may have been kept, the present one first. */
function writings(value: string): string[] {
  const now = normal(value);
  const [parts] = GROUPS.filter(({ length }) => length === now.length && NUMBERS.test(now));
  const hyphened = parts === undefined ? [] : [now.replace(parts.groups, parts.written)];
  return [...new Set([now, withoutSpaces(value), ...hyphened])];
}

const HYPHENS = /[-\u2010-\u2015\u2212]/g;
const NUMBERS = /^(?:\d{10}|\d{12})$/;
const GROUPS = [
  { length: 10, groups: /^(\d{3})(\d{3})(\d{4})$/, written: '$1-$2-$3' },
  { length: 12, groups: /^(\d{4})(\d{4})(\d{4})$/, written: '$1-$2-$3' },
] as const;

function withoutSpaces(value: string): string {
  return value.normalize('NFC').replace(/\s+/g, '').toUpperCase();
}

function systemOf(system: string | undefined): string {
  return (system ?? '').trim().toLowerCase();
}
