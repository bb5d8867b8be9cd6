/** A span as the built-in store keeps it. Times are microseconds. */
export interface SpanFact {
  readonly traceid: string;
  readonly spanid: string;
  readonly parent?: string;
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKindName;
  /** Since 1970. */
  readonly started: number;
  readonly duration: number;
  readonly failed: boolean;
  readonly journey?: string;
  readonly eventid?: string;
  readonly subscription?: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** OTLP numbers span kinds from 1; 0 is unspecified. */
const KINDS: readonly SpanKindName[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
const ERROR = 2;
/** What of a span is kept beside its name and times: facts about the exchange, never addresses or content. */
const KEPT = new Set([
  'signalbox.org',
  'signalbox.type',
  'signalbox.state',
  'signalbox.attempt',
  'signalbox.reason',
  'signalbox.channel',
  'signalbox.batch',
  'messaging.system',
  'messaging.operation.name',
  'messaging.operation.type',
  'messaging.destination.name',
  'messaging.batch.message_count',
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'error.type',
]);

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}
interface OtlpAttribute {
  readonly key: string;
  readonly value?: OtlpValue;
}
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string | number;
  readonly endTimeUnixNano: string | number;
  readonly attributes?: readonly OtlpAttribute[];
  readonly status?: { readonly code?: number };
}
interface OtlpRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly OtlpAttribute[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}

/**
 * Reads an OTLP/JSON `ExportTraceServiceRequest`. Spans with malformed ids or times are left out: spans are best effort.
 *
 * @throws SyntaxError for what is not JSON
 */
export function spansOf(bytes: Uint8Array): SpanFact[] {
  const request = JSON.parse(new TextDecoder().decode(bytes)) as OtlpRequest;
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource?.attributes)['service.name'] ?? 'unknown');
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).flatMap((span) => factOf(span, service) ?? []));
  });
}

function factOf(span: OtlpSpan, service: string): SpanFact | undefined {
  if (!/^[0-9a-f]{32}$/i.test(span.traceId) || !/^[0-9a-f]{16}$/i.test(span.spanId)) return undefined;
  const started = microseconds(span.startTimeUnixNano);
  const ended = microseconds(span.endTimeUnixNano);
  if (started === undefined || ended === undefined) return undefined;
  const attributes = attributesOf(span.attributes);
  const kept = Object.fromEntries(Object.entries(attributes).filter(([name]) => KEPT.has(name)));
  return {
    traceid: span.traceId.toLowerCase(),
    spanid: span.spanId.toLowerCase(),
    ...(span.parentSpanId ? { parent: span.parentSpanId.toLowerCase() } : {}),
    service,
    name: span.name,
    kind: KINDS[span.kind ?? 0] ?? 'internal',
    started,
    duration: Math.max(0, ended - started),
    failed: span.status?.code === ERROR,
    ...textMember('journey', attributes['signalbox.journey']),
    ...textMember('eventid', attributes['signalbox.event']),
    ...textMember('subscription', attributes['signalbox.subscription']),
    attributes: kept,
  };
}

function textMember<N extends string>(name: N, value: string | number | boolean | undefined): { [K in N]?: string } {
  return (value === undefined ? {} : { [name]: String(value) }) as { [K in N]?: string };
}

function attributesOf(attributes: readonly OtlpAttribute[] = []): Record<string, string | number | boolean> {
  const found: Record<string, string | number | boolean> = {};
  for (const { key, value } of attributes) {
    const plain =
      value?.stringValue ??
      value?.boolValue ??
      value?.doubleValue ??
      (value?.intValue === undefined ? undefined : Number(value.intValue));
    if (plain !== undefined) found[key] = plain;
  }
  return found;
}

function microseconds(nanoseconds: string | number): number | undefined {
  const text = String(nanoseconds);
  return /^\d{1,20}$/.test(text) ? Number(BigInt(text) / 1_000n) : undefined;
}
