import { type ProblemCode, Refusal } from '@signalbox/contracts';
import { isPersonId, personId, type Person, type Registry } from '@signalbox/registry';
import type { Identities, Identity, Proof } from '../people/identities.js';
import type { Session } from './session.js';
import type { SignedCookie } from './signed-cookie.js';
import type { Viewers } from './viewers.js';

/** What a browser keeps between leaving for the provider and coming back. */
export interface Attempt extends Proof {
  /** Where somebody wanted to go. */
  readonly to: string;
  /** Milliseconds since 1970. */
  readonly ends: number;
}

/** One organisation that somebody belongs to. */
export interface Belonging {
  readonly ods: string;
  readonly organisation: string;
  readonly roles: Person['roles'];
}

/** What {@link SignIn} is made of. */
export interface SignInParts {
  /** Absent where people sign in with access tokens only. */
  readonly identities: Identities | undefined;
  readonly registry: Pick<Registry, 'isActive' | 'organisation' | 'people'>;
  readonly viewers: Pick<Viewers, 'begun'>;
  readonly attempts: SignedCookie<Attempt>;
  readonly attemptMs: number;
}

/** Somebody has come back from the provider. */
export interface CameBack {
  readonly session: Session;
  readonly to: string;
  /** Whether they belong to several organisations and may want another one. */
  readonly several: boolean;
}

/** Signs people in by what their provider of identities says, for the organisations that the registry knows them in. */
export class SignIn {
  constructor(private readonly parts: SignInParts) {}

  /** How the provider is called; undefined where there is none. */
  get provider(): string | undefined {
    return this.parts.identities?.name;
  }

  /** @throws Refusal SB-4040 where there is no provider, SB-5036 while it is away */
  async begin(to: string, now = Date.now()): Promise<{ readonly at: string; readonly cookie: string }> {
    const { identities, attempts, attemptMs } = this.parts;
    if (identities === undefined) throw new Refusal('SB-4040');
    const { at, proof } = await identities.begin();
    return { at: at.href, cookie: attempts.of({ ...proof, to, ends: now + attemptMs }, attemptMs / 1_000) };
  }

  /**
   * Whoever comes back must have left from this browser: nobody can be led into somebody else's session.
   * @param query of the address that the provider has sent the browser to
   * @throws Refusal SB-3010, SB-3011 for somebody whom no organisation knows, SB-4040, SB-5036
   */
  async finish(query: string, cookie: string | undefined, now = Date.now()): Promise<CameBack> {
    const { identities, attempts, viewers } = this.parts;
    if (identities === undefined) throw new Refusal('SB-4040');
    const attempt = attempts.read(cookie);
    if (attempt === undefined || attempt.ends <= now) {
      throw new Refusal('SB-3010', 'The sign-in took too long, or was not begun in this browser');
    }
    const identity = await identities.finish(query, attempt);
    const [first, ...others] = this.#of(identity);
    if (first === undefined) throw new Refusal('SB-3011');
    const session = viewers.begun({
      ods: first.ods,
      application: first.id,
      ...(identity.assured && { assured: true }),
    });
    return { session, to: attempt.to, several: others.length > 0 };
  }

  /** The organisations that somebody who is signed in belongs to; none for applications. */
  organisationsOf({ application }: Pick<Session, 'application'>): Belonging[] {
    if (!isPersonId(application)) return [];
    return this.#active(application).map(({ ods, roles }) => ({
      ods,
      organisation: this.parts.registry.organisation(ods)?.name ?? ods,
      roles,
    }));
  }

  /** The same session for another organisation: no longer, and no better proved. @throws Refusal SB-4040 */
  switched(session: Session, ods: string): Session {
    if (!this.organisationsOf(session).some((one) => one.ods === ods)) throw new Refusal('SB-4040');
    return { ...session, ods };
  }

  /** The `Set-Cookie` header by which an attempt is over. */
  noAttempt(): string {
    return this.parts.attempts.none();
  }

  /** Whether the provider may still know somebody who signs out here. */
  isOfProvider(session: Session | undefined): boolean {
    return session !== undefined && isPersonId(session.application) && this.parts.identities !== undefined;
  }

  /** Where somebody signs out of the provider too; undefined where it offers that not, or is away. */
  async leave(): Promise<string | undefined> {
    return (await this.parts.identities?.leave())?.href;
  }

  #of({ issuer, subject }: Identity): Person[] {
    // The id is a digest; the record says whose it is.
    return this.#active(personId(issuer, subject)).filter((one) => one.issuer === issuer && one.subject === subject);
  }

  #active(id: string): Person[] {
    return this.parts.registry
      .people({ id })
      .filter(({ ods }) => this.parts.registry.isActive({ ods, application: id }))
      .sort((one, other) => (one.ods < other.ods ? -1 : 1));
  }
}

/** What went wrong at the sign-in is told on its page; everything else is a problem as anywhere. */
export const TOLD_AT_SIGN_IN: ReadonlySet<ProblemCode> = new Set(['SB-3010', 'SB-5036']);
