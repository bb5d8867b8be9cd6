import {
  backportExtension,
  topicOfTypes,
  typesOfTopic,
  type Finding,
  type SubscriptionStatus,
} from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';
import { wrong } from '../../subscriptions/protocols.js';
import type { NewSubscription } from '../../subscriptions/subscription.dto.js';
import { criteriaOf, filtersOf } from './filter-criteria.js';
import { type FhirExtension, type FhirSubscription, shapeFindings } from './subscription-shape.js';

/** What a FHIR Subscription asks for, in our own words. */
export interface FhirWish {
  readonly wish: NewSubscription & { readonly config: Subscription['config'] };
  /** `undefined`: as they are. */
  readonly sinkheaders: Subscription['sinkheaders'] | undefined;
  readonly status: 'requested' | 'active' | 'off';
}

export type ReadWish =
  | { readonly findings: readonly Finding[]; readonly read?: undefined }
  | { readonly read: FhirWish; readonly findings?: undefined };

const PROFILE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription';
const FILTER = backportExtension('filter-criteria');
const CONTENT = backportExtension('payload-content');
const HEARTBEAT = backportExtension('heartbeat-period');
const TIMEOUT = backportExtension('timeout');
const MAX_COUNT = backportExtension('max-count');

/** Shown instead of the value of a header, which may be a credential; sent back, it leaves the header as it is. */
const KEPT = '(kept)';
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([\t\x20-\x7e]+)$/;
/** Headers that are the exchange's own. */
const OWN_HEADER =
  /^(?:host|connection|transfer-encoding|content-.*|user-agent|traceparent|tracestate|baggage|signalbox-.*|te|upgrade|trailer|expect)$/i;

/**
 * Reads a Subscription resource (R4 with the backport guide 1.1.0). What the exchange cannot do is refused, never left out in
 * silence.
 * @param base FHIR base of the exchange
 * @param present headers that the subscription has already
 */
export function readSubscription(resource: unknown, base: string, present: Subscription['sinkheaders'] = []): ReadWish {
  const shape = shapeFindings(resource);
  if (shape.length > 0) return { findings: shape };
  const sent = resource as FhirSubscription;
  const types = typesOfTopic(base, sent.criteria);
  const { filters, findings } = filtersOf(stringsOf(sent._criteria?.extension, FILTER), '/_criteria/extension');
  const unknown = unknownExtensions(sent);
  const headers = headersOf(sent.channel.header, present);
  const topic = `a topic of this exchange: ${base}/SubscriptionTopic/<type or family>; GET ${base}/metadata lists them`;
  const all = [
    ...findings,
    ...unknown,
    ...headers.findings,
    ...(types === undefined ? [wrong('/criteria', 'topic', topic)] : []),
  ];
  if (all.length > 0 || types === undefined) return { findings: all };
  const wish = {
    types: [types],
    filters,
    protocol: 'FHIR' as const,
    sink: sent.channel.endpoint,
    config: configOf(sent),
  };
  const status = sent.status === 'error' ? 'active' : sent.status;
  return { read: { wish, sinkheaders: headers.headers, status } };
}

/** A subscription of ours as a FHIR resource. Of its headers only the names are shown. */
export function renderSubscription(subscription: Subscription, base: string): object {
  const { id, filters, sink, config, sinkheaders = [], statusReason } = subscription;
  const criteria = filters.length === 0 ? undefined : criteriaOf(filters);
  const status = fhirStatusOf(subscription);
  const numbers = [
    ...(config['heartbeatseconds'] === undefined
      ? []
      : [{ url: HEARTBEAT, valueUnsignedInt: config['heartbeatseconds'] }]),
    ...(config['timeoutseconds'] === undefined ? [] : [{ url: TIMEOUT, valueUnsignedInt: config['timeoutseconds'] }]),
  ];
  return {
    resourceType: 'Subscription',
    id,
    meta: { versionId: String(subscription.revision), lastUpdated: subscription.updated, profile: [PROFILE] },
    status,
    reason: config['reason'] ?? 'Events of this topic',
    criteria: topicOfTypes(base, subscription.types) ?? '',
    ...(criteria !== undefined && { _criteria: { extension: [{ url: FILTER, valueString: criteria }] } }),
    ...(status === 'error' && statusReason !== undefined && { error: statusReason }),
    channel: {
      ...(numbers.length > 0 && { extension: numbers }),
      type: 'rest-hook',
      endpoint: sink,
      payload: config['payload'] ?? 'application/fhir+json',
      _payload: { extension: [{ url: CONTENT, valueCode: config['content'] ?? 'empty' }] },
      ...(sinkheaders.length > 0 && { header: sinkheaders.map(([name]) => `${name}: ${KEPT}`) }),
    },
  };
}

/** What FHIR calls the state of a subscription. */
export function fhirStatusOf({ status }: Pick<Subscription, 'status'>): SubscriptionStatus {
  return ({ pending: 'requested', active: 'active', paused: 'off', disabled: 'error' } as const)[status];
}

function configOf({ channel, reason }: FhirSubscription): Subscription['config'] {
  const number = (url: string) => channel.extension?.find((one) => one.url === url);
  const heartbeat = number(HEARTBEAT)?.valueUnsignedInt;
  const timeout = number(TIMEOUT)?.valueUnsignedInt;
  const content = channel._payload?.extension?.find(({ url }) => url === CONTENT)?.valueCode;
  return {
    content: content ?? 'empty',
    payload: channel.payload ?? 'application/fhir+json',
    reason,
    ...(heartbeat !== undefined && heartbeat > 0 && { heartbeatseconds: heartbeat }),
    ...(timeout !== undefined && timeout > 0 && { timeoutseconds: timeout }),
  };
}

function stringsOf(extensions: readonly FhirExtension[] | undefined, url: string): string[] {
  return (extensions ?? []).flatMap((one) => (one.url === url ? [one.valueString ?? ''] : []));
}

/** Extensions of the guide that would change what is sent; each that is not known here is refused. */
function unknownExtensions({ channel, _criteria }: FhirSubscription): Finding[] {
  const places: [path: string, extensions: readonly FhirExtension[], known: readonly string[]][] = [
    ['/_criteria/extension', _criteria?.extension ?? [], [FILTER]],
    ['/channel/extension', channel.extension ?? [], [HEARTBEAT, TIMEOUT, MAX_COUNT]],
    ['/channel/_payload/extension', channel._payload?.extension ?? [], [CONTENT]],
  ];
  return places.flatMap(([path, extensions, known]) =>
    extensions.flatMap(({ url }, at) => {
      if (known.includes(url)) return [];
      const names = known.map((one) => one.slice(one.lastIndexOf('/') + 1)).join(', ');
      return [wrong(`${path}/${String(at)}`, 'not-supported', `only the extensions ${names}`, 'Leave it out.')];
    }),
  );
}

function headersOf(
  lines: readonly string[] | undefined,
  present: NonNullable<Subscription['sinkheaders']>,
): { headers: Subscription['sinkheaders'] | undefined; findings: Finding[] } {
  const findings: Finding[] = [];
  const headers = (lines ?? []).flatMap((line, at): [string, string][] => {
    const [, name = '', value = ''] = HEADER.exec(line) ?? [];
    const kept = present.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
    if (name === '' || OWN_HEADER.test(name) || (value === KEPT && kept === undefined)) {
      const expected = 'Name: value in printable ASCII, and no header that the exchange sets itself';
      findings.push(wrong(`/channel/header/${String(at)}`, 'header', expected));
      return [];
    }
    return [[name.toLowerCase(), value === KEPT ? kept! : value]];
  });
  return { headers, findings };
}
