import type { Catalogue } from './catalogue.js';
import type { EventType } from './catalogue-type.js';
import { jsonContent } from './content.js';
import type { CloudEvent } from './event.js';
import type { Finding } from './findings.js';
import { attributeFindings, patientFindings, typeAttributeFindings } from './judge-attributes.js';
import { businessFacts, type BusinessFacts } from './judge-facts.js';
import type { ProblemCode } from './problems.js';
import { breach } from './rules/table.js';

/** Everything that the rules of this exchange say about one event. */
export interface Judgement extends BusinessFacts {
  readonly type?: EventType;
  /** Empty when the event is accepted. At most {@link MAX_FINDINGS}, and then a last one that says so. */
  readonly findings: readonly Finding[];
  /** The code that the findings deserve: SB-2001 to SB-2005. */
  readonly code?: ProblemCode;
}

/** More findings than this help nobody and cost a hostile sender nothing. */
export const MAX_FINDINGS = 100;

/**
 * Judges an event against the rules of its attributes and the contract of its type. Draft and deprecated types are taken
 * like active ones: the catalogue says what they are, and a grant decides who may use them. Retired ones are not taken.
 *
 * @returns every finding, never only the first; bad events do not throw
 */
export function judge(event: CloudEvent, catalogue: Catalogue): Judgement {
  const type = catalogue.find(String(event.attributes.type));
  const patient = patientFindings(event);
  const unfit = typeFindings(type);
  const attributes = [...unfit, ...attributeFindings(event), ...(type ? typeAttributeFindings(event, type) : [])];
  if (!type || unfit.length > 0) {
    return conclude({ identifiers: [] }, type, [...attributes, ...patient], type ? 'SB-2002' : 'SB-2001');
  }
  const { findings, facts } = judgeContent(event, type, catalogue);
  const code = patient.length > 0 ? 'SB-2005' : attributes.length > 0 ? 'SB-2004' : 'SB-2003';
  return conclude(facts, type, [...attributes, ...patient, ...findings], code);
}

function judgeContent(
  event: CloudEvent,
  type: EventType,
  catalogue: Catalogue,
): { findings: Finding[]; facts: BusinessFacts } {
  const nothing = { identifiers: [] };
  if (event.data.kind === 'absent') return { findings: [], facts: nothing };
  const content = readContent(event);
  if (!content) return { findings: [breach('/data', 'json', 'a JSON value as content')], facts: nothing };
  return { findings: catalogue.validate(type, content.value), facts: businessFacts(type, content.value) };
}

/** The parsed content; nothing if it is no JSON, which binary mode and `data_base64` allow the envelope to hide. */
function readContent({ data }: CloudEvent): { value: unknown } | undefined {
  if (data.kind !== 'json') return undefined;
  try {
    return { value: jsonContent(data) };
  } catch {
    return undefined;
  }
}

function typeFindings(type: EventType | undefined): Finding[] {
  if (!type) return [breach('/type', 'known-type', 'a type of the catalogue')];
  if (type.status !== 'retired') return [];
  return [breach('/type', 'retired-type', type.replacedBy ?? 'a type that is not retired')];
}

function conclude(
  facts: BusinessFacts,
  type: EventType | undefined,
  all: readonly Finding[],
  code: ProblemCode,
): Judgement {
  const findings = all.length > MAX_FINDINGS ? [...all.slice(0, MAX_FINDINGS), moreFindings(all.length)] : all;
  return { ...facts, ...(type && { type }), findings, ...(findings.length > 0 && { code }) };
}

const moreFindings = (total: number): Finding =>
  breach('', 'more-findings', `no findings at all; there are at least ${total - MAX_FINDINGS} more than are listed`);
