/** Topics of FHIR Subscriptions: one for each family and one for each type, under the FHIR base of the exchange. */

const TYPE = /^org\.signalbox\.[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\.v[1-9]\d*$/;
const FAMILY_PATTERN = /^org\.signalbox\.([a-z][a-z0-9-]*)\.\*$/;
const FAMILY = /^[a-z][a-z0-9-]*$/;

/** The topic that stands for the types of a subscription: for exactly one type, or exactly one family. */
export function topicOfTypes(base: string, types: readonly string[]): string | undefined {
  const [only = '', ...more] = types;
  if (more.length > 0) return undefined;
  const name = TYPE.test(only) ? only : FAMILY_PATTERN.exec(only)?.[1];
  return name === undefined ? undefined : `${base}/SubscriptionTopic/${name}`;
}

/** The type or pattern that a topic stands for; undefined for what is no topic of this exchange by its form. */
export function typesOfTopic(base: string, topic: string): string | undefined {
  const prefix = `${base}/SubscriptionTopic/`;
  if (!topic.startsWith(prefix)) return undefined;
  const name = topic.slice(prefix.length);
  if (TYPE.test(name)) return name;
  return FAMILY.test(name) ? `org.signalbox.${name}.*` : undefined;
}
