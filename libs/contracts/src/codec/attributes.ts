import type { AttributeValue } from '../event.js';
import { pointer } from '../findings.js';
import { isShowableName } from '../json/locate.js';
import { isAbsoluteUri, isAttributeText, isTimestamp, isUriReference } from './formats.js';
import { fault, type Fault } from './faults.js';
import type { DecodeLimits } from './limits.js';
import { parseMediaType } from './media-type.js';

const NAME = /^[a-z0-9]+$/;
const MAX_INTEGER = 2_147_483_647;
const MIN_INTEGER = -2_147_483_648;

interface Format {
  readonly test: (value: string) => boolean;
  readonly expected: string;
}

const NON_EMPTY: Format = { test: (value) => value !== '', expected: 'a non-empty string' };

/** The attributes that the specification itself defines. All are strings of a format. */
const CORE: ReadonlyMap<string, Format> = new Map([
  ['id', NON_EMPTY],
  ['source', { test: isUriReference, expected: 'a non-empty URI-reference (RFC 3986)' }],
  ['type', NON_EMPTY],
  ['subject', NON_EMPTY],
  ['time', { test: isTimestamp, expected: 'a timestamp with time zone (RFC 3339), such as 2026-11-21T09:30:00Z' }],
  ['dataschema', { test: isAbsoluteUri, expected: 'an absolute URI (RFC 3986)' }],
  ['datacontenttype', { test: (value) => parseMediaType(value) !== undefined, expected: 'a media type (RFC 2046)' }],
]);

/** More than this help nobody and cost a hostile sender nothing. */
const MAX_FAULTS = 100;

const REQUIRED = ['id', 'source', 'specversion', 'type'];

/** The one version of the specification that is spoken here. */
const SPECVERSION = '1.0';

/** JSON Pointer of an attribute; of the event as a whole when the name is not fit to be shown. */
export function attributePath(name: string): string {
  return isShowableName(name) ? pointer('', name) : '';
}

/**
 * Takes in the attributes of one event, whatever they were written in, and finds everything that CloudEvents 1.0.2
 * (section "Context Attributes" and "Type System") refuses about them.
 */
export class AttributeIntake {
  readonly attributes: Record<string, AttributeValue> = {};
  readonly faults: Fault[] = [];
  private bytes = 0;

  /** Takes one attribute; a fault is noted, not thrown. */
  add(name: string, value: AttributeValue): void {
    const wrong = nameFault(name) ?? (Object.hasOwn(this.attributes, name) ? twice(name) : valueFault(name, value));
    if (wrong) this.note(wrong);
    else this.attributes[name] = value;
    this.bytes += name.length + Buffer.byteLength(String(value));
  }

  /** Notes an attribute whose value cannot even be read. A bad name is told first. */
  reject(name: string, wrong: Fault): void {
    this.note(nameFault(name) ?? wrong);
  }

  /** Notes a fault, as long as one more can help anybody. */
  private note(wrong: Fault): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(wrong);
  }

  /** All faults, those that only show at the end included: what is missing, and what is too large altogether. */
  finish(limits: DecodeLimits): readonly Fault[] {
    const { attributes, faults } = this;
    const told = new Set(faults.map((one) => one.finding.path));
    for (const name of REQUIRED) {
      if (Object.hasOwn(attributes, name) || told.has(`/${name}`)) continue;
      faults.push(fault('SB-1002', `/${name}`, 'required', `the attribute ${name}`, `Set ${name}.`));
    }
    if (this.bytes > limits.maxAttributeBytes) {
      const expected = `at most ${limits.maxAttributeBytes} bytes of attribute names and values`;
      faults.push(fault('SB-4130', '', 'attribute-size', expected));
    }
    return faults;
  }
}

/** A value that is no CloudEvents type at all: an object, an array, a number that is not a 32-bit integer. */
export function typeFault(name: string): Fault {
  const core = CORE.get(name);
  const expected = core?.expected ?? 'a string, a boolean or a 32-bit integer';
  return fault('SB-1003', attributePath(name), 'attribute-type', expected, core && 'Send it as a JSON string.');
}

/** Whether a number may be an attribute value. */
export function isInteger(value: number): boolean {
  return Number.isInteger(value) && value >= MIN_INTEGER && value <= MAX_INTEGER;
}

function nameFault(name: string): Fault | undefined {
  if (NAME.test(name) && name !== 'data') return undefined;
  const expected = 'a name of lower-case letters and digits, other than data';
  return fault('SB-1003', attributePath(name), 'attribute-name', expected);
}

function twice(name: string): Fault {
  return fault('SB-1003', attributePath(name), 'attribute-once', 'each attribute once');
}

function valueFault(name: string, value: AttributeValue): Fault | undefined {
  if (name === 'specversion') return value === SPECVERSION ? undefined : versionFault();
  const core = CORE.get(name);
  if (typeof value !== 'string') {
    return core || (typeof value === 'number' && !isInteger(value)) ? typeFault(name) : undefined;
  }
  if (!isAttributeText(value)) {
    const expected = 'no control characters, noncharacters or lone surrogates';
    return fault('SB-1003', attributePath(name), 'attribute-characters', expected);
  }
  if (!core || core.test(value)) return undefined;
  if (value === '' && REQUIRED.includes(name)) {
    return fault('SB-1002', attributePath(name), 'required', core.expected, `Set ${name}.`);
  }
  return fault('SB-1003', attributePath(name), 'attribute-format', core.expected, `Send ${name} as ${core.expected}.`);
}

function versionFault(): Fault {
  return fault('SB-1004', '/specversion', 'specversion', `specversion "${SPECVERSION}"`);
}
