import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from '@signalbox/client';
import type { Registry, Role } from '@signalbox/registry';
import { waitFor } from './condition.js';
import { Sessions } from '../../apps/ledger/src/console/session.js';

/** Where somebody signs in: a whole house, or a ledger with its registry alone. */
export type SignInTarget =
  | {
      readonly operator: Client;
      readonly secrets: { readonly pseudonymKeyFile: string };
      readonly urls: { readonly ledger: string };
    }
  | {
      readonly registry: Registry;
      environment(): Record<string, string>;
      /** Address of the ledger that runs. */
      readonly console: string;
    };

/** Somebody who is signed in to the console. */
export interface SignedIn {
  /** Id of the person's record. */
  readonly id: string;
  /** The header of their requests. */
  readonly cookie: string;
}

/** How somebody signed in, as far as it is not the usual. */
export interface SignInOptions {
  /** More than one factor proved who it is, as values are shown only then. Default false. */
  readonly assured?: boolean;
  /** Default the role and the organisation. */
  readonly name?: string;
}

const ISSUER = 'https://identity.example';
const HOUR_MS = 3_600_000;

/**
 * Makes somebody a person of the organisation with these roles and signs them in, as the console does once a provider of
 * identities has told it who they are. The provider's part is tried in test/live/ledger-sign-in.spec.ts.
 */
export async function signIn(
  target: SignInTarget,
  ods: string,
  roles: Role | readonly Role[],
  { assured = false, name }: SignInOptions = {},
): Promise<SignedIn> {
  const wanted = [roles].flat() as readonly Role[];
  const subject = `${ods} ${wanted.join(' ')}${name === undefined ? '' : ` ${name}`}`;
  const person = { issuer: ISSUER, subject, name: name ?? `${wanted.join(' and ')} of ${ods}`, roles: wanted };
  // Loaded where it is needed: most tests are quicker without it.
  const { personId } = await import('@signalbox/registry');
  const id = personId(ISSUER, subject);
  if (!('registry' in target)) await addPerson(target.operator, ods, person);
  else if (target.registry.person(ods, id) === undefined) {
    await target.registry.create('person', { ods, id, ...person, active: true });
  }
  const now = Date.now();
  const session = {
    id: randomUUID(),
    ods,
    application: id,
    expires: now + HOUR_MS,
    idle: now + HOUR_MS,
    ...(assured && { assured }),
  };
  const cookie = new Sessions(secretOf(target), false).cookieOf(session).split(';')[0]!;
  const console = 'registry' in target ? target.console : target.urls.ledger;
  await waitFor('the console to have heard of the person', async () => {
    const answer = await fetch(`${console}/find`, { headers: { cookie, accept: 'application/json' } });
    await answer.arrayBuffer();
    return answer.status === 200;
  });
  return { id, cookie };
}

async function addPerson(operator: Client, ods: string, person: object): Promise<void> {
  const answer = await fetch(`${operator.gateway}/organisations/${ods}/people`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await operator.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(person),
  });
  if (answer.status !== 201 && answer.status !== 409) throw new Error(`nobody signs in: ${await answer.text()}`);
}

function secretOf(target: SignInTarget): string {
  if ('registry' in target) return target.environment()['SIGNALBOX_PSEUDONYM_KEY'] ?? '';
  return readFileSync(target.secrets.pseudonymKeyFile, 'utf8').trim();
}
