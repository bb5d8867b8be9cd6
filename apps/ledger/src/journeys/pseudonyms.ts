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
    const system = (identifier.system ?? '').trim().toLowerCase();
    return {
      pseudonym: this.hash('identifier', identifier.name, system, value),
      valuepseudonym: this.ofValue(identifier.value),
    };
  }

  ofValue(value: string): string {
    return this.hash('value', normal(value));
  }

  private hash(...parts: readonly string[]): string {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest('hex');
  }
}

/** NHS numbers are written with and without spaces, references in either case; both must be found. */
function normal(value: string): string {
  return value.normalize('NFC').replace(/\s+/g, '').toUpperCase();
}
