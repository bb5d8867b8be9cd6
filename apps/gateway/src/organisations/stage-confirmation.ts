import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a dry run showed, to whom: a confirmation is good for this and nothing else. */
export interface StageAsked {
  readonly ods: string;
  readonly type: string;
  readonly strictness?: string | undefined;
  readonly from?: string | undefined;
  /** `<ODS>:<application>` of who asked. */
  readonly by: string;
  /** How it was judged then: what has been changed since is to be looked at anew. */
  readonly before: string;
}

/** Words that prove that somebody was shown what a change does; they are worth nothing after a while. */
export class StageConfirmations {
  constructor(
    private readonly key: Uint8Array,
    private readonly validMs: number,
  ) {}

  /** @param at milliseconds since 1970 */
  of(asked: StageAsked, at = Date.now()): string {
    const ends = Math.floor(at + this.validMs);
    return `${ends.toString(36)}.${this.#seal(asked, ends).toString('base64url')}`;
  }

  holds(confirm: string, asked: StageAsked, at = Date.now()): boolean {
    const [text = '', seal = ''] = confirm.split('.');
    const ends = Number.parseInt(text, 36);
    if (!(ends > at)) return false;
    const [given, expected] = [Buffer.from(seal, 'base64url'), this.#seal(asked, ends)];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #seal({ ods, type, strictness, from, by, before }: StageAsked, ends: number): Buffer {
    const said = JSON.stringify([ods, type, strictness ?? null, from ?? null, by, before, ends]);
    return createHmac('sha256', this.key).update(said).digest();
  }
}
