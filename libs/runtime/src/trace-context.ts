import type { SpanContext, TraceState } from '@opentelemetry/api';

/** Trace flags of W3C Trace Context level 2. Others are unknown to level 2 and are never sent on. */
const SAMPLED = 0x01;
/** The right-most 7 bytes of the trace id are random; kept with the trace id it came with. */
export const RANDOM_FLAG = 0x02;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SIMPLE_KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_MEMBERS = 32;

/**
 * Reads `traceparent` and `tracestate` after W3C Trace Context level 2, to the letter: version `ff`, all-zero ids,
 * upper case and a longer version `00` are refused; a higher version is read as far as level 2 knows it. A bad
 * `tracestate` is dropped whole and leaves `traceparent` standing.
 * @returns undefined when there is no usable `traceparent`.
 */
export function parseTraceparent(traceparent?: string, tracestate?: string): SpanContext | undefined {
  if (traceparent === undefined || traceparent.length < 55 || traceparent.length > 512) return undefined;
  const match = TRACEPARENT.exec(traceparent.replace(/^[ \t]+|[ \t]+$/g, ''));
  if (!match) return undefined;
  const [, version, traceId, spanId, flags, rest] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const state = tracestate === undefined ? undefined : parseTracestate(tracestate);
  return {
    traceId,
    spanId,
    traceFlags: parseInt(flags, 16) & (SAMPLED | RANDOM_FLAG),
    isRemote: true,
    ...(state && { traceState: state }),
  };
}

/** `traceparent` of version 00 for a context; the sampled and random flags are told, nothing else. */
export function formatTraceparent(context: SpanContext): string {
  const flags = context.traceFlags & (SAMPLED | RANDOM_FLAG);
  return `00-${context.traceId}-${context.spanId}-0${String(flags)}`;
}

/**
 * Reads `tracestate`: at most 32 members, keys and values of the level 2 grammar, no key twice, empty members allowed.
 * Several header lines are one list: join them with a comma first.
 * @returns undefined when any member is illegal or nothing is left.
 */
export function parseTracestate(header: string): TraceState | undefined {
  const members = new Map<string, string>();
  let count = 0;
  for (const part of header.split(',')) {
    const member = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (member === '') continue;
    const equals = member.indexOf('=');
    const key = member.slice(0, Math.max(equals, 0));
    const value = member.slice(equals + 1);
    if (++count > MAX_MEMBERS || !isKey(key) || !VALUE.test(value) || members.has(key)) return undefined;
    members.set(key, value);
  }
  return members.size > 0 ? new Members(members) : undefined;
}

const isKey = (key: string): boolean => SIMPLE_KEY.test(key);

/** An immutable `tracestate`; a changed member moves to the front, as the standard has it. */
class Members implements TraceState {
  constructor(private readonly members: ReadonlyMap<string, string>) {}

  get(key: string): string | undefined {
    return this.members.get(key);
  }

  set(key: string, value: string): TraceState {
    if (!isKey(key) || !VALUE.test(value)) return this;
    const others = [...this.members].filter(([name]) => name !== key).slice(0, MAX_MEMBERS - 1);
    return new Members(new Map([[key, value], ...others]));
  }

  unset(key: string): TraceState {
    return new Members(new Map([...this.members].filter(([name]) => name !== key)));
  }

  serialize(): string {
    return [...this.members].map(([key, value]) => `${key}=${value}`).join(',');
  }
}
