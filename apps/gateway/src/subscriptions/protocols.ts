import { type Catalogue, type Finding, isOperations, topicOfTypes, typeMatches } from '@signalbox/contracts';
import type { Protocol, Subscription } from '@signalbox/registry';

type Config = Subscription['config'];
type ConfigValue = Config[string];

/** How an organisation wants to be served. */
export interface ChannelWish {
  readonly protocol: Protocol;
  readonly sink?: string | undefined;
  readonly config: Config;
  readonly types: readonly string[];
}

/** What decides about a wish besides the wish itself. */
export interface ChannelTerms {
  /** Whether a sink may be plain http: on a developer's machine only. */
  readonly plainSinks: boolean;
  /** Whether the organisation has an application that may connect to the engine itself. */
  readonly speaksNats: boolean;
}

/** One member of `config`: whether a value will do, and what would, in words. */
interface ConfigMember {
  readonly fits: (value: ConfigValue) => boolean;
  readonly expected: string;
}

const whole = (least: number, most: number, of: string): ConfigMember => ({
  fits: (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  expected: `a whole number of ${of} from ${String(least)} to ${String(most)}`,
});
const oneOf = (...words: readonly string[]): ConfigMember => ({
  fits: (value) => typeof value === 'string' && words.includes(value),
  expected: `one of ${words.join(', ')}`,
});
const text = (most: number): ConfigMember => ({
  fits: (value) => typeof value === 'string' && value.length > 0 && value.length <= most,
  expected: `a text of at most ${String(most)} characters`,
});

/** How much of an event a FHIR notification carries (backport guide, payload content). */
export const FHIR_CONTENTS = ['empty', 'id-only', 'full-resource'] as const;
/** Media types in which a FHIR notification can be sent. */
export const FHIR_PAYLOADS = ['application/fhir+json', 'application/json'] as const;

interface Form {
  /** Whether the exchange sends to an address of the receiver. */
  readonly sends: boolean;
  readonly config: Readonly<Record<string, ConfigMember>>;
}

/** Everything that a subscription of each protocol can set. */
const FORMS: Readonly<Record<Protocol, Form>> = {
  HTTP: {
    sends: true,
    config: { batch: whole(2, 100, 'events'), batchwaitms: whole(0, 5_000, 'milliseconds') },
  },
  PULL: { sends: false, config: {} },
  FHIR: {
    sends: true,
    config: {
      content: oneOf(...FHIR_CONTENTS),
      payload: oneOf(...FHIR_PAYLOADS),
      heartbeatseconds: whole(5, 86_400, 'seconds'),
      timeoutseconds: whole(1, 120, 'seconds'),
      reason: text(250),
    },
  },
  NATS: { sends: false, config: {} },
};

/** Whether the exchange sends to an address of the receiver under this protocol. */
export function hasSink(protocol: Protocol): boolean {
  return FORMS[protocol].sends;
}

/** Whether an endpoint must consent before it is sent to, by whatever the protocol has for it. */
export function needsConsent(protocol: Protocol): boolean {
  return hasSink(protocol);
}

/** Everything that is wrong with the way in which an organisation wants to be served. */
export function channelFindings(wish: ChannelWish, terms: ChannelTerms): Finding[] {
  return [
    ...protocolFindings(wish, terms),
    ...topicFindings(wish),
    ...sinkFindings(wish, terms),
    ...configFindings(wish),
  ];
}

/** A type that nobody publishes would be waited for in silence: most often it is misspelt. */
export function typeFindings(types: readonly string[], catalogue: Pick<Catalogue, 'types'>): Finding[] {
  const known = catalogue.types();
  const expected = 'a type of the catalogue, or a pattern of some';
  const fix = 'Use types of GET /catalogue; check spelling and version.';
  return types.flatMap((asked, at) =>
    known.some(({ type }) => typeMatches(asked, type))
      ? []
      : [wrong(`/types/${String(at)}`, 'known-type', expected, fix)],
  );
}

/** A Subscription of FHIR has one topic, and its events hold FHIR. */
function topicFindings({ protocol, types }: ChannelWish): Finding[] {
  if (protocol === 'FHIR' && types.some((type) => isOperations(type))) {
    const fix = 'Ask for what the exchange tells about itself by HTTP, PULL or NATS.';
    return [wrong('/types', 'topic', 'types whose content is FHIR', fix)];
  }
  if (protocol !== 'FHIR' || topicOfTypes('', types) !== undefined) return [];
  const expected = 'one type, or one family as org.signalbox.<family>.*: a FHIR Subscription has one topic';
  return [wrong('/types', 'topic', expected, 'Make one subscription for each.')];
}

function protocolFindings({ protocol }: ChannelWish, { speaksNats }: ChannelTerms): Finding[] {
  if (protocol !== 'NATS' || speaksNats) return [];
  const expected = 'a protocol that an application of the organisation can use; none of them has natskeys';
  return [wrong('/protocol', 'protocol', expected, 'Ask the operator to register the NKey of an application first.')];
}

function sinkFindings({ protocol, sink }: ChannelWish, { plainSinks }: ChannelTerms): Finding[] {
  if (!hasSink(protocol)) {
    if (sink === undefined) return [];
    return [wrong('/sink', 'sink', `no sink: nothing is sent to an address under ${protocol}`, 'Leave sink out.')];
  }
  const url = sink !== undefined && URL.canParse(sink) ? new URL(sink) : undefined;
  const schemes = plainSinks ? ['https:', 'http:'] : ['https:'];
  const good = url && schemes.includes(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
  return good ? [] : [wrong('/sink', 'sink', 'an absolute https URL without user information and fragment')];
}

function configFindings({ protocol, config }: ChannelWish): Finding[] {
  const members = FORMS[protocol].config;
  const known = Object.keys(members);
  const listed = known.length === 0 ? `nothing to set under ${protocol}` : `only ${known.join(', ')} under ${protocol}`;
  return Object.entries(config).flatMap(([name, value]) => {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    // An unknown name is the sender's own and is not told.
    if (member === undefined) return [wrong('/config', 'config', listed, 'Leave the other members out.')];
    return member.fits(value) ? [] : [wrong(`/config/${name}`, 'config', member.expected)];
  });
}

/** A finding about a member of a subscription as it was asked for. */
export function wrong(
  path: string,
  rule: string,
  expected: string,
  fix = 'Correct this member, then send the request again.',
): Finding {
  return { path, rule, expected, fix, doc: '/openapi.json' };
}
