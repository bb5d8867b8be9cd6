import type { JWK } from 'jose';

import { isRecord } from './problem.js';
import { itemsOf, json } from './requests.js';
import type { Transport } from './transport.js';

/** An organisation, known by its ODS code. */
export interface Organisation {
  readonly ods: string;
  readonly name: string;
  readonly active?: boolean;
}

/** A system of an organisation, with its public keys. */
export interface Application {
  readonly ods: string;
  readonly id: string;
  readonly name: string;
  readonly active?: boolean;
  readonly keys: readonly JWK[];
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
  /** RFC 3339; absent means until it is taken back. */
  readonly expires?: string;
}

/** The operator's calls; they need a grant to administer. */
export class Administration {
  constructor(private readonly transport: Transport) {}

  addOrganisation(organisation: Pick<Organisation, 'ods' | 'name'>): Promise<Organisation> {
    return this.add<Organisation>('organisations', organisation);
  }

  organisations(): Promise<Organisation[]> {
    return this.list<Organisation>('organisations');
  }

  addApplication(ods: string, application: Omit<Application, 'ods' | 'active'>): Promise<Application> {
    return this.add<Application>(`organisations/${encodeURIComponent(ods)}/applications`, application);
  }

  applications(ods: string): Promise<Application[]> {
    return this.list<Application>(`organisations/${encodeURIComponent(ods)}/applications`);
  }

  addGrant(ods: string, grant: Omit<Grant, 'id' | 'ods'>): Promise<Grant> {
    return this.add<Grant>(`organisations/${encodeURIComponent(ods)}/grants`, grant);
  }

  grants(ods: string): Promise<Grant[]> {
    return this.list<Grant>(`organisations/${encodeURIComponent(ods)}/grants`);
  }

  private async add<T>(path: string, body: unknown): Promise<T> {
    return (await this.transport.sendForJson(json('POST', path, body, { idempotent: false }))) as T;
  }

  private async list<T>(path: string): Promise<T[]> {
    const answer = await this.transport.sendForJson({ method: 'GET', path, idempotent: true });
    return itemsOf(answer).filter(isRecord) as T[];
  }
}
