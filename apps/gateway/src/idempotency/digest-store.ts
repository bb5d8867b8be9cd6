import { setTimeout as pause } from 'node:timers/promises';
import type { RedisLink } from '@signalbox/runtime';

const FIELD_BYTES = 8;
const DIGEST_BYTES = 8;
const DAY_MS = 86_400_000;
const PREFIX = 'signalbox:digest:';
/** Hashes looked at together in a sweep, and the milliseconds between two lots: 65,536 hashes take about 40 s. */
const SWEEP_AT_ONCE = 32;
const SWEEP_PAUSE_MS = 20;

/** The digest of one accepted event, with the time it was accepted. */
export interface KnownDigest {
  /** Hex SHA-256 of source and id. */
  readonly identity: string;
  readonly digest: Uint8Array;
  readonly acceptedAt: Date;
}

/**
 * The digest of every accepted source and id, for as long as the engine keeps the events, in as little memory as
 * Redis allows: a fixed number of hashes, each small enough to stay in Redis' compact encoding, with 8 bytes of the
 * identity as field and 8 bytes of the digest plus the day as value (the bucket number is a further part of the
 * identity, so two events of one bucket share a field once in 2^64).
 *
 * There is no expiry per key: the day in the value lets {@link DigestStore.sweep} remove what is past retention.
 */
export class DigestStore {
  constructor(
    private readonly link: RedisLink,
    /** Number of hashes. Best at 60 to 120 events each (`hash-max-listpack-entries` is 128 by default). */
    private readonly buckets: number,
  ) {}

  /** The first bytes of the digest that is known for the identity. @throws {RedisAway} */
  async find(identity: string): Promise<Uint8Array | undefined> {
    const { key, field } = this.#place(identity);
    const value = await this.link.use((redis) => redis.hgetBuffer(key, field));
    return value?.subarray(0, DIGEST_BYTES);
  }

  /** Keeps the digest. The first one stays: a second digest for an identity is a conflict, never a change. @throws {RedisAway} */
  async remember(known: KnownDigest): Promise<void> {
    const { key, field } = this.#place(known.identity);
    const value = encodeValue(known);
    await this.link.use((redis) => redis.hsetnx(key, field, value));
  }

  /**
   * Removes what was accepted before the given day. Looks at the hashes that exist, a few at a time and with a pause in
   * between, so that accepting does not notice; stops early when told to. @returns how many were removed. @throws {RedisAway}
   */
  async sweep(before: Date, signal: AbortSignal): Promise<number> {
    const oldest = dayOf(before);
    let removed = 0;
    let cursor = '0';
    do {
      const [next, keys] = await this.link.use((redis) =>
        redis.scan(cursor, 'MATCH', `${PREFIX}${this.buckets.toString(36)}:*`, 'COUNT', SWEEP_AT_ONCE),
      );
      removed += (await Promise.all(keys.map((key) => this.#sweepOne(key, oldest)))).reduce((sum, one) => sum + one, 0);
      cursor = next;
      await pause(SWEEP_PAUSE_MS);
    } while (cursor !== '0' && !signal.aborted);
    return removed;
  }

  async #sweepOne(key: string, oldest: number): Promise<number> {
    const expired = await this.#fieldsBefore(key, oldest);
    return expired.length === 0 ? 0 : this.link.use((redis) => redis.hdel(key, ...expired));
  }

  async #fieldsBefore(key: string, oldestDay: number): Promise<Buffer[]> {
    const expired: Buffer[] = [];
    let cursor = '0';
    do {
      const [next, flat] = await this.link.use((redis) => redis.hscanBuffer(key, cursor, 'COUNT', 512));
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const [field, value] = [flat[i], flat[i + 1]];
        if (field && value && value.readUInt16BE(DIGEST_BYTES) < oldestDay) expired.push(field);
      }
      cursor = next.toString();
    } while (cursor !== '0');
    return expired;
  }

  #key(bucket: number): string {
    return `${PREFIX}${this.buckets.toString(36)}:${bucket.toString(36)}`;
  }

  #place(identity: string): { key: string; field: Buffer } {
    const bytes = Buffer.from(identity, 'hex');
    return { key: this.#key(bytes.readUInt32BE(0) % this.buckets), field: bytes.subarray(4, 4 + FIELD_BYTES) };
  }
}

/** Whether a digest is the one that the store knows (which keeps its first bytes only). */
export function sameDigest(known: Uint8Array, digest: Uint8Array): boolean {
  return Buffer.compare(known.subarray(0, DIGEST_BYTES), digest.subarray(0, DIGEST_BYTES)) === 0;
}

function encodeValue(known: KnownDigest): Buffer {
  const value = Buffer.alloc(DIGEST_BYTES + 2);
  value.set(known.digest.subarray(0, DIGEST_BYTES));
  value.writeUInt16BE(dayOf(known.acceptedAt), DIGEST_BYTES);
  return value;
}

function dayOf(date: Date): number {
  return Math.floor(date.getTime() / DAY_MS);
}
