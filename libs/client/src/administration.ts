import type { Person } from '@signalbox/contracts';
import type { JWK } from 'jose';

import { isRecord } from './problem.js';
import { itemsOf, json } from './requests.js';
import type { Transport } from './transport.js';

/** An organisation, known by its ODS code. */
export interface Organisation {
  readonly ods: string;
  readonly name: string;
  readonly active?: boolean;
  /** How people reach it when something of theirs needs a person. */
  readonly contact?: string;
  /** Private places (hosts, addresses, CIDRs) that its sinks may be at; everything else must be public. */
  readonly egressAllow?: readonly string[];
}

/** A system of an organisation, with its public keys. */
export interface Application {
  readonly ods: string;
  readonly id: string;
  readonly name: string;
  readonly active?: boolean;
  readonly keys: readonly JWK[];
  /** Public NKeys (`U…`) by which it may connect to the engine itself. */
  readonly natskeys?: readonly string[];
}

/** What an application may do, on which types, for what purpose and how long. */
export interface Grant {
  readonly id: string;
  readonly ods: string;
  /** Application id, or `*` for every application of the organisation. */
  readonly application: string;
  readonly action: 'publish' | 'subscribe' | 'trace' | 'administer';
  /** A type, a pattern that ends in `.*`, or `*`. */
  readonly types: string;
  readonly purpose: string;
  /** On which legal basis data is shared: an article, an agreement. */
  readonly basis?: string;
  /** RFC 3339; absent means until it is taken back. */
  readonly expires?: string;
  /** RFC 3339: when it was given. */
  readonly created?: string;
}

/** The operator's calls; they need a grant to administer. */
export class Administration {
  constructor(private readonly transport: Transport) {}

  addOrganisation(organisation: Omit<Organisation, 'active'>): Promise<Organisation> {
    return this.add<Organisation>('organisations', organisation);
  }

  /** Members that are left out stay as they are. */
  changeOrganisation(ods: string, change: Partial<Omit<Organisation, 'ods'>>): Promise<Organisation> {
    return this.change<Organisation>(`organisations/${encodeURIComponent(ods)}`, change);
  }

  organisations(): Promise<Organisation[]> {
    return this.list<Organisation>('organisations');
  }

  addApplication(ods: string, application: Omit<Application, 'ods' | 'active'>): Promise<Application> {
    return this.add<Application>(`organisations/${encodeURIComponent(ods)}/applications`, application);
  }

  /** Members that are left out stay as they are. */
  changeApplication(ods: string, id: string, change: Partial<Omit<Application, 'ods' | 'id'>>): Promise<Application> {
    const path = `organisations/${encodeURIComponent(ods)}/applications/${encodeURIComponent(id)}`;
    return this.change<Application>(path, change);
  }

  applications(ods: string): Promise<Application[]> {
    return this.list<Application>(`organisations/${encodeURIComponent(ods)}/applications`);
  }

  addGrant(ods: string, grant: Omit<Grant, 'id' | 'ods' | 'created'>): Promise<Grant> {
    return this.add<Grant>(`organisations/${encodeURIComponent(ods)}/grants`, grant);
  }

  grants(ods: string): Promise<Grant[]> {
    return this.list<Grant>(`organisations/${encodeURIComponent(ods)}/grants`);
  }

  addPerson(ods: string, person: Omit<Person, 'ods' | 'id' | 'active' | 'by' | 'updated'>): Promise<Person> {
    return this.add<Person>(`organisations/${encodeURIComponent(ods)}/people`, person);
  }

  people(ods: string): Promise<Person[]> {
    return this.list<Person>(`organisations/${encodeURIComponent(ods)}/people`);
  }

  /** Members that are left out stay as they are; `expires: null` takes the end away. It holds for their next request. */
  changePerson(
    ods: string,
    id: string,
    change: Partial<Pick<Person, 'name' | 'roles' | 'active'>> & { readonly expires?: string | null },
  ): Promise<Person> {
    const path = `organisations/${encodeURIComponent(ods)}/people/${encodeURIComponent(id)}`;
    return this.change<Person>(path, change);
  }

  async removePerson(ods: string, id: string): Promise<void> {
    const path = `organisations/${encodeURIComponent(ods)}/people/${encodeURIComponent(id)}`;
    await this.transport.send({ method: 'DELETE', path, idempotent: true });
  }

  private async add<T>(path: string, body: unknown): Promise<T> {
    return (await this.transport.sendForJson(json('POST', path, body, { idempotent: false }))) as T;
  }

  private async change<T>(path: string, body: unknown): Promise<T> {
    return (await this.transport.sendForJson(json('PATCH', path, body))) as T;
  }

  private async list<T>(path: string): Promise<T[]> {
    const answer = await this.transport.sendForJson({ method: 'GET', path, idempotent: true });
    return itemsOf(answer).filter(isRecord) as T[];
  }
}
