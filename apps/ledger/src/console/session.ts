import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Who signed in to the console. What they may see and do is looked up anew with every request. */
export interface Session {
  readonly ods: string;
  readonly application: string;
  /** Milliseconds since 1970: when it ends whatever they do. */
  readonly expires: number;
  /** Milliseconds since 1970: when it ends unless they ask for a page before. */
  readonly idle: number;
  /** The provider of identities said that more than one factor proved who it is. */
  readonly assured?: true;
  /** Signed in without proof, by the development sign-in; worthless while that is switched off. */
  readonly development?: true;
}

/**
 * Makes and reads the console's cookie: a signed statement of who signed in, so that nothing has to be kept and a
 * restart signs nobody out. It holds no token.
 */
export class Sessions {
  readonly #key: Buffer;
  readonly #name: string;

  /**
   * @param secret any secret of the ledger; the signing key is derived from it
   * @param secure whether browsers reach the console over https
   */
  constructor(
    secret: string,
    private readonly secure: boolean,
  ) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'signalbox console session', 32));
    // Browsers take a __Host- cookie only over https and only for this very host.
    this.#name = secure ? '__Host-signalbox' : 'signalbox';
  }

  /** The `Set-Cookie` header of a sign-in. */
  cookieOf(session: Session, now = Date.now()): string {
    const body = Buffer.from(JSON.stringify(session)).toString('base64url');
    const seconds = Math.max(0, Math.floor((endOf(session) - now) / 1_000));
    return this.#cookie(`${body}.${this.#sign(body)}`, seconds);
  }

  /** The `Set-Cookie` header of a sign-out. */
  noCookie(): string {
    return this.#cookie('', 0);
  }

  /** The session of a `Cookie` header; `undefined` when there is none, it was forged, or its time is over. */
  read(header: string | undefined, now = Date.now()): Session | undefined {
    const value = (header ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${this.#name}=`))
      ?.slice(this.#name.length + 1);
    const [body, signature] = (value ?? '').split('.');
    if (!body || !signature || !sameText(signature, this.#sign(body))) return undefined;
    const session = JSON.parse(Buffer.from(body, 'base64url').toString()) as Session;
    return endOf(session) > now ? session : undefined;
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }

  #cookie(value: string, seconds: number): string {
    const secure = this.secure ? '; Secure' : '';
    return `${this.#name}=${value}; Path=/; Max-Age=${String(seconds)}; HttpOnly; SameSite=Strict${secure}`;
  }
}

function endOf({ expires, idle }: Session): number {
  return Math.min(expires, idle);
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
