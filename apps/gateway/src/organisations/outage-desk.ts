import { randomUUID } from 'node:crypto';
import { type Catalogue, type Finding, isOperations, Refusal } from '@signalbox/contracts';
import {
  announceOutage,
  type Announcing,
  isPersonId,
  isUnderway,
  type Outage,
  outageCovers,
  type Principal,
  type Registry,
} from '@signalbox/registry';
import type { NewOutage } from './outage.dto.js';

/** What {@link OutageDesk} is made of. */
export interface OutageDeskParts {
  readonly registry: Registry;
  readonly catalogue: Pick<Catalogue, 'types'>;
  readonly announcing: Pick<Announcing, 'announce'>;
  /** Most outages that one organisation declares within a day: each is told to many. */
  readonly aDay: number;
  /** Told when an outage stands and somebody could not be told of it now; the ledger tells them later. */
  readonly onUntold: (error: unknown, outage: Outage) => void;
}

const DAY_MS = 86_400_000;

/** Where organisations say that their events stay away, and that they are back. */
export class OutageDesk {
  constructor(private readonly parts: OutageDeskParts) {}

  /** Those of an organisation, the newest first. @throws {Refusal} SB-4040 for what is not the caller's own */
  list(principal: Principal, ods: string): Outage[] {
    this.#sideOf(principal, ods);
    return this.parts.registry.outages(ods);
  }

  /** @throws {Refusal} SB-4040, SB-3005 for types that the caller does not publish, SB-4220, SB-4290 */
  async declare(principal: Principal, ods: string, wish: NewOutage): Promise<Outage> {
    const administers = this.#sideOf(principal, ods);
    const types = wish.types ?? this.#published(ods);
    this.#check(principal, ods, types, administers);
    this.#refuseFlood(ods);
    const { reason, expectedend, note } = wish;
    const began = new Date().toISOString();
    if (expectedend !== undefined && Date.parse(expectedend) <= Date.parse(began))
      throw refused('/expectedend', 'a time that is still to come', 'Leave it out if nobody knows.');
    const outage = await this.parts.registry.create('outage', {
      ...{ id: randomUUID(), ods, types, reason, began, by: `${principal.ods}:${principal.application}` },
      ...(expectedend !== undefined && { expectedend: new Date(expectedend).toISOString() }),
      ...(note !== undefined && { note }),
    });
    return this.#told(outage);
  }

  /** Ends it; one that is over stays as it is. @throws {Refusal} SB-4040 */
  async end(principal: Principal, ods: string, id: string): Promise<Outage> {
    const administers = this.#sideOf(principal, ods);
    const known = this.parts.registry.outage(ods, id);
    if (known === undefined) throw new Refusal('SB-4040');
    this.#check(principal, ods, known.types, administers);
    const ended = new Date().toISOString();
    const endedby = `${principal.ods}:${principal.application}`;
    const outage = await this.parts.registry.changeOutage(ods, id, (current) =>
      isUnderway(current) ? { ...current, ended, endedby } : current,
    );
    return this.#told(outage);
  }

  /** It stands whether everybody could be told or not: who could not is told later. */
  async #told(outage: Outage): Promise<Outage> {
    try {
      return await announceOutage(outage, this.parts);
    } catch (error) {
      this.parts.onUntold(error, outage);
      return outage;
    }
  }

  /** @throws {Refusal} SB-4290 */
  #refuseFlood(ods: string, now = Date.now()): void {
    const oldest = this.parts.registry.outages(ods)[this.parts.aDay - 1];
    const left = oldest === undefined ? 0 : Date.parse(oldest.began) + DAY_MS - now;
    if (left <= 0) return;
    const retryAfter = Math.ceil(left / 1_000);
    throw new Refusal('SB-4290', 'The organisation has declared as many outages as it may in a day', { retryAfter });
  }

  /** What an organisation may publish, as its grants say. */
  #published(ods: string): string[] {
    const grants = this.parts.registry.grants(ods).filter(({ action }) => action === 'publish');
    return [...new Set(grants.map(({ types }) => types))].toSorted();
  }

  /** @throws {Refusal} SB-4220 for types that stand for nothing, SB-3005 for those that the caller does not publish */
  #check(principal: Principal, ods: string, types: readonly string[], administers: boolean): void {
    const { registry, catalogue } = this.parts;
    const all = catalogue.types().filter(({ type }) => !isOperations(type));
    const covered = types.map((pattern) => all.filter(({ type }) => outageCovers({ types: [pattern] }, type)));
    if (types.length === 0)
      throw refused('/types', 'types that the organisation publishes; no grant names any', 'Name them.');
    const nothing = covered.findIndex((one) => one.length === 0);
    if (nothing >= 0) throw refused(`/types/${String(nothing)}`, 'a type of the catalogue, or a pattern of some');
    // Of a person, the role was asked for before: see DUTIES.
    if (administers || isPersonId(principal.application)) return;
    const actor = { ods, application: principal.application };
    const own = covered.every((one) => one.some(({ type }) => registry.allows(actor, 'publish', type) !== undefined));
    if (!own) throw new Refusal('SB-3005', 'This application publishes no events of a type that it names');
  }

  /** @returns whether the caller administers the exchange. @throws {Refusal} SB-4040 for what is another's */
  #sideOf(principal: Principal, ods: string): boolean {
    const administers = this.parts.registry.allows(principal, 'administer', '*') !== undefined;
    if (!administers && principal.ods !== ods) throw new Refusal('SB-4040');
    if (this.parts.registry.organisation(ods) === undefined) throw new Refusal('SB-4040');
    return administers;
  }
}

function refused(path: string, expected: string, fix = 'Correct this member, then send the request again.'): Refusal {
  const finding: Finding = { path, rule: 'outage', expected, fix, doc: '/openapi.json' };
  return new Refusal('SB-4220', 'The outage cannot be declared like this', { findings: [finding] });
}
