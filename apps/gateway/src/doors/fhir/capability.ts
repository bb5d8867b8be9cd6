import { backportExtension, familyOf, type Catalogue } from '@signalbox/contracts';
import { FILTERED_BY } from './filter-criteria.js';

const TOPIC_CANONICAL =
  'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical';
const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport';
const OPERATION = `${GUIDE}/OperationDefinition/backport-subscription`;

/** Names of the topics of this exchange: each family, and each type that is not retired. */
export function topicNames(catalogue: Catalogue): string[] {
  const types = catalogue.types().filter(({ status }) => status !== 'retired');
  return [...new Set(types.flatMap(({ type }) => familyOf(type) ?? [])), ...types.map(({ type }) => type)].sort();
}

/** What this exchange can do at its FHIR door. */
export function capabilityStatement(base: string, catalogue: Catalogue, date: string): object {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date,
    kind: 'instance',
    software: { name: 'Signalbox' },
    implementation: { description: 'Events as notifications of topic-based Subscriptions', url: base },
    fhirVersion: '4.0.1',
    format: ['json', 'application/fhir+json'],
    implementationGuide: [GUIDE],
    rest: [
      {
        mode: 'server',
        security: { description: 'Authorization: Bearer, from POST /oauth2/token' },
        resource: [
          {
            type: 'Subscription',
            extension: topicNames(catalogue).map((name) => ({
              url: TOPIC_CANONICAL,
              valueCanonical: `${base}/SubscriptionTopic/${name}`,
            })),
            supportedProfile: [`${GUIDE}/StructureDefinition/backport-subscription`],
            interaction: ['create', 'read', 'update', 'delete', 'search-type'].map((code) => ({ code })),
            operation: ['status', 'events'].map((name) => ({ name, definition: `${OPERATION}-${name}` })),
          },
          { type: 'Bundle', interaction: [{ code: 'read' }] },
        ],
      },
    ],
  };
}

/** What a topic is about, in the form of R5: R4 has no resource for it, but its canonical is an address. */
export function subscriptionTopic(base: string, catalogue: Catalogue, name: string): object | undefined {
  const types = catalogue
    .types()
    .filter((one) => one.status !== 'retired' && (one.type === name || familyOf(one.type) === name));
  const [first] = types;
  if (first === undefined) return undefined;
  const single = first.type === name;
  return {
    resourceType: 'SubscriptionTopic',
    id: name,
    url: `${base}/SubscriptionTopic/${name}`,
    status: 'active',
    title: single ? first.title : `All events of the family ${name}`,
    description: single ? first.description : types.map(({ type }) => type).join(', '),
    resourceTrigger: [
      { description: 'An event was accepted', resource: 'http://hl7.org/fhir/StructureDefinition/Bundle' },
    ],
    canFilterBy: FILTERED_BY.map((filterParameter) => ({
      resource: 'Bundle',
      filterParameter,
      description: `Attribute ${filterParameter} of the event; ${backportExtension('filter-criteria')}`,
    })),
  };
}
