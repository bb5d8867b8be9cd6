import { EndedSessions } from './ended-sessions.js';
import { SignedCookie } from './signed-cookie.js';

/** Who signed in to the console. What they may see and do is looked up anew with every request. */
export interface Session {
  /** Of this sign-in and no other: by it the session can be ended. */
  readonly id: string;
  readonly ods: string;
  /** Id of an application, or of a person. */
  readonly application: string;
  /** Milliseconds since 1970: when it ends whatever they do. */
  readonly expires: number;
  /** Milliseconds since 1970: when it ends unless they ask for a page before. */
  readonly idle: number;
  /** The provider of identities said that more than one factor proved who it is. */
  readonly assured?: true;
}

/** Makes and reads the console's cookie. It holds no token. */
export class Sessions {
  readonly #cookie: SignedCookie<Session>;

  /**
   * @param secret any secret of the ledger; the signing key is derived from it
   * @param secure whether browsers reach the console over https
   * @param ended by those who signed out
   */
  constructor(
    secret: string,
    secure: boolean,
    private readonly ended: Pick<EndedSessions, 'add' | 'has'> = new EndedSessions(),
  ) {
    this.#cookie = new SignedCookie(secret, 'session', 'signalbox', secure);
  }

  /** The `Set-Cookie` header of a sign-in. */
  cookieOf(session: Session, now = Date.now()): string {
    return this.#cookie.of(session, (endOf(session) - now) / 1_000);
  }

  /** Ends it for every copy of its cookie. */
  end(session: Session): Promise<void> {
    return this.ended.add(session);
  }

  /** The `Set-Cookie` header of a sign-out. */
  noCookie(): string {
    return this.#cookie.none();
  }

  /** The session of a `Cookie` header; `undefined` when there is none, it was forged, it was ended, or its time is over. */
  read(header: string | undefined, now = Date.now()): Session | undefined {
    const session = this.#cookie.read(header);
    // One without an id could not be ended.
    if (typeof session?.id !== 'string' || this.ended.has(session.id)) return undefined;
    return endOf(session) > now ? session : undefined;
  }
}

function endOf({ expires, idle }: Session): number {
  return Math.min(expires, idle);
}
