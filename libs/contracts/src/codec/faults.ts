import { finding, type Finding } from '../findings.js';
import { pointerAt } from '../json/locate.js';
import { ScanFault } from '../json/scan.js';
import { type ProblemCode, Refusal } from '../problems.js';
import type { DecodeLimits } from './limits.js';

/** One thing wrong with the envelope of an event, and the code that it deserves. */
export interface Fault {
  readonly code: ProblemCode;
  readonly finding: Finding;
}

/** Which code speaks for an event with several faults: an unknown version first, since nothing else can be judged then. */
const PRECEDENCE: readonly ProblemCode[] = ['SB-1004', 'SB-1005', 'SB-1002', 'SB-1006', 'SB-1003', 'SB-4130'];

export function fault(code: ProblemCode, path: string, rule: string, expected: string, fix: string): Fault {
  return { code, finding: finding(path, rule, expected, fix) };
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
  throw new Refusal('SB-4130', `The body is larger than ${limits.maxBodyBytes} bytes`, {
    findings: [
      finding(
        '',
        'body-size',
        `a body of at most ${limits.maxBodyBytes} bytes`,
        'Leave data out and name it in dataref.',
      ),
    ],
  });
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
  const refuse = (code: ProblemCode, detail: string, rule: string, expected: string, fix: string): Refusal =>
    new Refusal(code, detail, { findings: [finding(path, rule, expected, fix)], cause: error });
  const at = `at byte ${error.offset}`;
  switch (error.kind) {
    case 'malformed':
      return refuse(
        'SB-1001',
        `The JSON is not well-formed: ${error.reason}, ${at}`,
        'json',
        'well-formed JSON (RFC 8259) as UTF-8',
        `Mend the JSON ${at}: there is ${error.reason}.`,
      );
    case 'duplicate-key':
      return refuse(
        'SB-2006',
        `A JSON object has the same key twice, ${at}`,
        'duplicate-key',
        'each key of an object once',
        'Send the key once, with the value that is meant.',
      );
    case 'depth':
      return refuse(
        'SB-2007',
        `The JSON is nested too deeply, ${at}`,
        'depth',
        `at most ${limits.maxDepth} objects and arrays inside one another`,
        'Flatten the content, or send it by dataref.',
      );
    case 'array-items':
      return refuse(
        'SB-2007',
        `An array is too long, ${at}`,
        'array-items',
        `at most ${limits.maxArrayItems} items in an array`,
        'Split the content over several events, or send it by dataref.',
      );
  }
}
