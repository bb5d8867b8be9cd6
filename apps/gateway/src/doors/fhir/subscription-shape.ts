import type { Finding } from '@signalbox/contracts';
import { wrong } from '../../subscriptions/protocols.js';

/** An extension, as far as the backport guide uses it here. */
export interface FhirExtension {
  readonly url: string;
  readonly valueString?: string;
  readonly valueCode?: string;
  readonly valueUnsignedInt?: number;
  readonly valuePositiveInt?: number;
}

/** The part of an R4 Subscription that the exchange understands. */
export interface FhirSubscription {
  readonly resourceType: 'Subscription';
  readonly id?: string;
  readonly status: 'requested' | 'active' | 'error' | 'off';
  readonly reason: string;
  readonly criteria: string;
  readonly _criteria?: { readonly extension?: readonly FhirExtension[] };
  readonly channel: {
    readonly extension?: readonly FhirExtension[];
    readonly type: 'rest-hook';
    readonly endpoint: string;
    readonly payload?: string;
    readonly _payload?: { readonly extension?: readonly FhirExtension[] };
    readonly header?: readonly string[];
  };
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isExtended = (value: unknown): boolean =>
  value === undefined || (isObject(value) && isExtensions(value['extension']));
const isExtensions = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((one) => isObject(one) && isText(one['url'])));

interface Member {
  readonly path: string;
  readonly good: (resource: Record<string, unknown>, channel: Record<string, unknown>) => boolean;
  readonly expected: string;
}

const MEMBERS: readonly Member[] = [
  { path: '/resourceType', good: (one) => one['resourceType'] === 'Subscription', expected: 'Subscription' },
  {
    path: '/status',
    good: (one) => ['requested', 'active', 'error', 'off'].includes(one['status'] as string),
    expected: 'requested (active, error and off where it is changed)',
  },
  { path: '/reason', good: (one) => isText(one['reason']), expected: 'a text' },
  { path: '/criteria', good: (one) => isText(one['criteria']), expected: 'the canonical of a topic' },
  { path: '/_criteria', good: (one) => isExtended(one['_criteria']), expected: 'extensions with a url each' },
  {
    path: '/end',
    good: (one) => one['end'] === undefined,
    expected: 'nothing: a subscription lasts until it is deleted',
  },
  { path: '/channel', good: (one) => isObject(one['channel']), expected: 'a channel' },
  { path: '/channel/type', good: (_, channel) => channel['type'] === 'rest-hook', expected: 'rest-hook' },
  { path: '/channel/endpoint', good: (_, channel) => isText(channel['endpoint']), expected: 'the URL of the endpoint' },
  {
    path: '/channel/payload',
    good: (_, { payload }) => payload === undefined || isText(payload),
    expected: 'application/fhir+json or application/json',
  },
  {
    path: '/channel/_payload',
    good: (_, { _payload }) => isExtended(_payload),
    expected: 'extensions with a url each',
  },
  {
    path: '/channel/extension',
    good: (_, { extension }) => isExtensions(extension),
    expected: 'extensions with a url each',
  },
  {
    path: '/channel/header',
    good: (_, { header }) =>
      header === undefined || (Array.isArray(header) && header.length <= 20 && header.every(isText)),
    expected: 'up to 20 lines of the form Name: value',
  },
];

/** Whether it has the shape of a Subscription; everything that has not, at once. */
export function shapeFindings(resource: unknown): Finding[] {
  const whole = isObject(resource) ? resource : {};
  const channel = isObject(whole['channel']) ? whole['channel'] : {};
  return MEMBERS.filter(({ good }) => !good(whole, channel)).map(({ path, expected }) =>
    wrong(path, 'shape', expected),
  );
}
