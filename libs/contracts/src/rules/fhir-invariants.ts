import type { Bundle, Entry, Found } from './bundle.js';
import { asArray, asObject, asText, pointerOf, type JsonObject, type Trail } from './json-tree.js';
import type { ContentRule } from './rule.js';
import { breach } from './table.js';

/** Constraints of R4 that protect a reader from contradictions in events of these families; the schema cannot say them. */
export const fhirInvariant: ContentRule = (bundle) => [
  ...bundle.all('Observation').flatMap(absentReason),
  ...bundle.all('Appointment').flatMap(appointmentTimes),
  ...bundle.periods.flatMap(periodOrder),
  ...bundle.quantities.flatMap((found) => codedUnit(bundle, found)),
];

const at = (trail: Trail | undefined, member: string, expected: string) =>
  breach(pointerOf(trail, member), 'fhir-invariant', expected);

const hasValue = (object: JsonObject): boolean => Object.keys(object).some((key) => /^value[A-Z]/.test(key));

/** obs-6 */
function absentReason({ resource, trail }: Entry) {
  const components = asArray(resource.component).map((item, index) => ({
    object: asObject(item),
    trail: { parent: { parent: trail, key: 'component' }, key: index },
  }));
  return [{ object: resource, trail }, ...components]
    .filter(({ object }) => object?.dataAbsentReason !== undefined && hasValue(object))
    .map((found) => at(found.trail, 'dataAbsentReason', 'no reason for absence beside a value (obs-6)'));
}

/** app-2, app-3, app-4 */
function appointmentTimes({ resource, trail }: Entry) {
  const { start, end, status, cancelationReason } = resource;
  const findings = [];
  if ((start === undefined) !== (end === undefined)) {
    findings.push(at(trail, start === undefined ? 'start' : 'end', 'start and end both, or neither (app-2)'));
  } else if (start === undefined && !['proposed', 'cancelled', 'waitlist'].includes(String(status))) {
    findings.push(at(trail, 'start', 'start and end, unless proposed, cancelled or on a waiting list (app-3)'));
  }
  if (cancelationReason !== undefined && !['cancelled', 'noshow'].includes(String(status))) {
    findings.push(at(trail, 'cancelationReason', 'a reason only where the status is cancelled or noshow (app-4)'));
  }
  return findings;
}

/** per-1, also for the start and end of slots and appointments. */
function periodOrder({ object, trail }: Found) {
  const [start, end] = [asText(object.start), asText(object.end)].map((text) => Date.parse(text ?? ''));
  // A date without a time ends with its day, so it only comes first if the texts say so too.
  const reversed =
    (start as number) > (end as number) && asText(object.start)!.slice(0, 10) >= asText(object.end)!.slice(0, 10);
  const partial = asText(object.end)!.length <= 10 && asText(object.start)!.startsWith(asText(object.end)!);
  return reversed && !partial ? [at(trail, 'end', 'an end that is not before the start (per-1)')] : [];
}

/** qty-3: a coded unit names its code system. Codings also have a code, but never a numeric value. */
function codedUnit(_bundle: Bundle, { object, trail }: Found) {
  if (typeof object.value !== 'number' || object.system !== undefined) return [];
  return [at(trail, 'system', 'the code system of the coded unit (qty-3)')];
}
