import { createHash, type KeyObject, createHmac } from 'node:crypto';

import type { CloudEvent, EventType, Judgement } from '@signalbox/contracts';

import type { RedisLink } from '@signalbox/runtime';

const PREFIX = 'signalbox:version:';
const KEY_BYTES = 12;

/** What makes an event a version of something, and the place of that version among others. */
export interface Version {
  /** Keys of what it is a version of: the report, the booking, the referral that its content is about. */
  readonly about: readonly string[];
  /** Key of the event itself, under which one that supersedes it may have been noted. */
  readonly self: string;
  /** Key of the event that it supersedes. */
  readonly replaces?: string;
  readonly id: string;
  /** Milliseconds since 1970 of its `time`. */
  readonly at: number;
}

/**
 * What an event is a version of. Of its type's business identifiers the first named says what the event is about; the
 * others only lead to it. Keys are keyed hashes: nothing can be read from them.
 */
export function versionOf(
  event: CloudEvent,
  { type, identifiers }: Pick<Judgement, 'type' | 'identifiers'>,
  sourceorg: string,
  key: KeyObject,
): Version {
  const { id, time, supersedes } = event.attributes;
  const subject = subjectName(type);
  const about = identifiers
    .filter(({ name }) => name === subject)
    .map(({ name, system, value }) => keyed(key, [sourceorg, name, system ?? '', value]));
  return {
    about: [...new Set(about)],
    self: keyed(key, [sourceorg, String(id)]),
    ...(supersedes !== undefined && { replaces: keyed(key, [sourceorg, String(supersedes)]) }),
    id: String(id),
    at: Date.parse(String(time)),
  };
}

const subjectName = (type: EventType | undefined): string | undefined => type?.identifiers[0]?.name;

function keyed(key: KeyObject, parts: readonly string[]): string {
  const text = createHash('sha256').update(JSON.stringify(parts)).digest();
  return createHmac('sha256', key).update(text).digest().subarray(0, KEY_BYTES).toString('base64url');
}

/** The newest accepted version of each thing, for as long as events are likely to come out of order. Best effort. */
export class VersionStore {
  constructor(
    private readonly link: RedisLink,
    /** Milliseconds that a version is remembered. */
    private readonly keptMs: number,
  ) {}

  /** Id of a newer version, or of one that supersedes this, that was accepted before. @throws {RedisAway} */
  async newer({ about, self, id, at }: Version): Promise<string | undefined> {
    const found = await this.link.use((redis) => redis.mget([self, ...about].map((one) => `${PREFIX}${one}`)));
    const [replaced, ...versions] = found;
    if (replaced !== null && replaced !== undefined) return noted(replaced).id;
    const newest = versions
      .flatMap((one) => (one === null ? [] : [noted(one)]))
      .filter((one) => one.at > at && one.id !== id)
      .sort((a, b) => b.at - a.at)[0];
    return newest?.id;
  }

  /** Notes an accepted version; not over a newer one. @throws {RedisAway} */
  async remember({ about, replaces, id, at }: Version, late: string | undefined): Promise<void> {
    const value = `${String(at)} ${id}`;
    const keys = [...(replaces === undefined ? [] : [replaces]), ...(late === undefined ? about : [])];
    await Promise.all(
      keys.map(async (key) => this.link.use((redis) => redis.set(`${PREFIX}${key}`, value, 'PX', this.keptMs))),
    );
  }
}

function noted(value: string): { readonly at: number; readonly id: string } {
  const space = value.indexOf(' ');
  return { at: Number(value.slice(0, space)), id: value.slice(space + 1) };
}
