import type { Finding } from '../findings.js';
import { pointerAt } from '../json/locate.js';
import { ScanFault } from '../json/scan.js';
import { type ProblemCode, Refusal } from '../problems.js';
import { breach, type RuleName } from '../rules/table.js';
import type { DecodeLimits } from './limits.js';

/** One thing wrong with the envelope of an event, and the code that it deserves. */
export interface Fault {
  readonly code: ProblemCode;
  readonly finding: Finding;
}

/** Which code speaks for an event with several faults: an unknown version first, since nothing else can be judged then. */
const PRECEDENCE: readonly ProblemCode[] = ['SB-1004', 'SB-1005', 'SB-1002', 'SB-1006', 'SB-1003', 'SB-4130'];

/** A fault of a rule of the table; the fix is the rule's own unless this place deserves a better one. */
export function fault(code: ProblemCode, path: string, rule: RuleName, expected: string, fix?: string): Fault {
  return { code, finding: breach(path, rule, expected, fix) };
}

/**
 * Refuses an event with all faults that were found.
 *
 * @throws Refusal when there is any
 */
export function refuseFaults(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const code = PRECEDENCE.find((candidate) => faults.some((one) => one.code === candidate)) ?? faults[0]!.code;
  throw new Refusal(code, undefined, { findings: faults.map((one) => one.finding) });
}

/** @throws Refusal SB-4130 */
export function checkBodySize(body: Uint8Array, limits: DecodeLimits): void {
  if (body.byteLength <= limits.maxBodyBytes) return;
  const findings = [breach('', 'body-size', `a body of at most ${limits.maxBodyBytes} bytes`)];
  throw new Refusal('SB-4130', `The body is larger than ${limits.maxBodyBytes} bytes`, { findings });
}

/**
 * Turns what the scanner found into the refusal that the sender sees; other errors pass through.
 *
 * @param from where the value that pointers are relative to begins
 * @param base what stands before each pointer: `/data` when the document is the content of an event
 */
export function scanRefusal(error: unknown, document: Uint8Array, limits: DecodeLimits, from = 0, base = ''): unknown {
  if (!(error instanceof ScanFault)) return error;
  const path = base + pointerAt(document, error.offset, from);
  const at = `at byte ${error.offset}`;
  const refuse = (code: ProblemCode, detail: string, wrong: Finding): Refusal =>
    new Refusal(code, `${detail}, ${at}`, { findings: [wrong], cause: error });
  switch (error.kind) {
    case 'malformed': {
      const fix = `Mend the JSON ${at}: there is ${error.reason}.`;
      const wrong = breach(path, 'json', 'well-formed JSON (RFC 8259) as UTF-8', fix);
      return refuse('SB-1001', `The JSON is not well-formed: ${error.reason}`, wrong);
    }
    case 'duplicate-key': {
      const wrong = breach(path, 'duplicate-key', 'each key of an object once');
      return refuse('SB-2006', 'A JSON object has the same key twice', wrong);
    }
    case 'depth': {
      const wrong = breach(path, 'depth', `at most ${limits.maxDepth} objects and arrays inside one another`);
      return refuse('SB-2007', 'The JSON is nested too deeply', wrong);
    }
    case 'array-items': {
      const wrong = breach(path, 'array-items', `at most ${limits.maxArrayItems} items in an array`);
      return refuse('SB-2007', 'An array is too long', wrong);
    }
  }
}
