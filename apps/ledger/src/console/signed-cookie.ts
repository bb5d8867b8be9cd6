import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * A cookie that holds a signed statement of ours, so that nothing has to be kept and a restart changes nothing. Scripts
 * cannot read it, and browsers send it from other sites only when somebody follows a link.
 */
export class SignedCookie<T extends object> {
  readonly #key: Buffer;
  readonly #name: string;

  /**
   * @param secret any secret of the ledger; the signing key is derived from it
   * @param what it states: a statement of one kind is none of another
   * @param secure whether browsers reach the console over https
   */
  constructor(
    secret: string,
    what: string,
    name: string,
    private readonly secure: boolean,
  ) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', `signalbox console ${what}`, 32));
    // Browsers take a __Host- cookie only over https and only for this very host.
    this.#name = secure ? `__Host-${name}` : name;
  }

  /** The `Set-Cookie` header. */
  of(value: T, seconds: number): string {
    const body = Buffer.from(JSON.stringify(value)).toString('base64url');
    return this.#cookie(`${body}.${this.#sign(body)}`, Math.max(0, Math.floor(seconds)));
  }

  /** The `Set-Cookie` header that takes it away. */
  none(): string {
    return this.#cookie('', 0);
  }

  /** What a `Cookie` header states; `undefined` when there is nothing, or it was forged. */
  read(header: string | undefined): T | undefined {
    const value = (header ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${this.#name}=`))
      ?.slice(this.#name.length + 1);
    const [body, signature] = (value ?? '').split('.');
    if (!body || !signature || !sameText(signature, this.#sign(body))) return undefined;
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as T;
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }

  #cookie(value: string, seconds: number): string {
    const secure = this.secure ? '; Secure' : '';
    return `${this.#name}=${value}; Path=/; Max-Age=${String(seconds)}; HttpOnly; SameSite=Lax${secure}`;
  }
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
