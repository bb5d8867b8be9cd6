import { Refusal } from '@signalbox/contracts';
import type { ForeignProblem, ProblemError } from '@signalbox/runtime';

export const FHIR_JSON = 'application/fhir+json';
const CODES_URL = '/docs/codes';

/** Issue types of FHIR R4 by status; what is not listed is `processing`. */
const ISSUES: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'login',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-supported',
  409: 'conflict',
  412: 'conflict',
  413: 'too-long',
  415: 'not-supported',
  422: 'business-rule',
  429: 'throttled',
  500: 'exception',
  503: 'transient',
};

/** Problems of FHIR paths as an OperationOutcome, one issue for each finding; other paths answer as everywhere. */
export function fhirProblemForm(path: string, problem: ProblemError): ForeignProblem | undefined {
  if (path !== '/fhir' && !path.startsWith('/fhir/')) return undefined;
  return { contentType: FHIR_JSON, body: operationOutcome(problem) };
}

function operationOutcome(problem: ProblemError): object {
  const { status, code = '' } = problem;
  const common = {
    severity: 'error',
    code: ISSUES[status] ?? 'processing',
    details: { coding: [{ system: CODES_URL, code }] },
  };
  const findings = problem instanceof Refusal ? problem.findings : [];
  const issues = findings.map(({ path, expected, fix }) => ({
    ...common,
    diagnostics: `Expected: ${expected}. ${fix}`,
    expression: [fhirPathOf(path)],
  }));
  const { detail } = problem.toProblem() as { detail?: string };
  return {
    resourceType: 'OperationOutcome',
    issue: issues.length > 0 ? issues : [{ ...common, diagnostics: detail ?? 'The request cannot be carried out.' }],
  };
}

/** Members of our own subscriptions, and where the same stands in a Subscription. */
const ELEMENTS: readonly [ours: RegExp, theirs: string][] = [
  [/^\/types(\/.*)?$/, '/criteria'],
  [/^\/filters(\/.*)?$/, '/criteria/extension'],
  [/^\/sink$/, '/channel/endpoint'],
  [/^\/config\/content$/, '/channel/payload/extension'],
  [/^\/config\/payload$/, '/channel/payload'],
  [/^\/config\/reason$/, '/reason'],
  [/^\/config(\/.*)?$/, '/channel/extension'],
];

/** A JSON Pointer as the FHIRPath of the same element; an underscore of JSON is none of FHIRPath. */
function fhirPathOf(path: string): string {
  const pointer = (ELEMENTS.find(([ours]) => ours.test(path))?.[1] ?? path).replaceAll('/_', '/');
  const steps = pointer.split('/').slice(1);
  return steps.reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : `${path}.${step}`), 'Subscription');
}
