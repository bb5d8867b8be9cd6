import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from '@signalbox/contracts';

/** By family: the sequence up to which everything was dealt with. */
export type Positions = Readonly<Record<string, number>>;

/** What a pull hands out and an acknowledgement hands back. */
export interface Cursor {
  readonly positions: Positions;
  /** By family: the sequences of the events that were in this answer. */
  readonly delivered: Sequences;
  /** The same for events that came from beside the stream: their sequences lie behind the positions. */
  readonly shelved?: Sequences;
}

type Sequences = Readonly<Record<string, readonly number[]>>;

const MAC_BYTES = 12;

type Numbers = Record<string, number[]>;
type CursorText = [positions: Positions, delivered: Numbers, shelved?: Numbers];

/**
 * Writes cursors that only this exchange can have made, for one subscription each: base64url of a keyed hash and the
 * positions. The events of the answer stand in it, so that an acknowledgement names exactly what was given, whatever
 * grants and filters have become meanwhile.
 */
export class CursorCodec {
  constructor(private readonly key: Uint8Array) {}

  encode(subscription: string, cursor: Cursor): string {
    const { positions, delivered, shelved } = cursor;
    const parts = [positions, differences(delivered), ...(shelved ? [differences(shelved)] : [])];
    const text = Buffer.from(JSON.stringify(parts));
    return Buffer.concat([this.#mac(subscription, text), text]).toString('base64url');
  }

  /** @throws {Refusal} SB-4220 when it is not one of ours for this subscription. */
  decode(subscription: string, text: string): Cursor {
    const bytes = Buffer.from(text, 'base64url');
    const body = bytes.subarray(MAC_BYTES);
    const mac = bytes.subarray(0, MAC_BYTES);
    if (mac.length !== MAC_BYTES || !timingSafeEqual(mac, this.#mac(subscription, body))) {
      throw new Refusal('SB-4220', 'The cursor is not one that a pull of this subscription answered', {
        findings: [
          {
            path: '/cursor',
            rule: 'cursor',
            expected: 'the cursor of a pull of this subscription, unchanged',
            fix: 'Send back the cursor of the last pull whose events are dealt with.',
            doc: '/openapi.json',
          },
        ],
      });
    }
    const [positions, delivered, shelved] = JSON.parse(body.toString('utf8')) as CursorText;
    return { positions, delivered: sums(delivered), ...(shelved && { shelved: sums(shelved) }) };
  }

  #mac(subscription: string, text: Uint8Array): Buffer {
    const hash = createHmac('sha256', this.key).update(subscription).update('\n').update(text);
    return hash.digest().subarray(0, MAC_BYTES);
  }
}

/** The later of two positions in every family: a cursor never goes back. */
export function furthest(one: Positions, other: Positions): Positions {
  const result: Record<string, number> = { ...one };
  for (const [family, sequence] of Object.entries(other)) result[family] = Math.max(result[family] ?? 0, sequence);
  return result;
}

function differences(delivered: Sequences): Numbers {
  return mapped(delivered, (sequences) => sequences.map((sequence, at) => sequence - (sequences[at - 1] ?? 0)));
}

function sums(delivered: Numbers): Numbers {
  return mapped(delivered, (steps) => {
    let sequence = 0;
    return steps.map((step) => (sequence += step));
  });
}

function mapped(of: Sequences, change: (numbers: readonly number[]) => number[]): Numbers {
  return Object.fromEntries(Object.entries(of).map(([family, numbers]) => [family, change(numbers)]));
}
