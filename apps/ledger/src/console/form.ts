import { Refusal } from '@signalbox/contracts';
import type { FastifyRequest } from 'fastify';
import { formOf } from './negotiation.js';
import { refuseForeignForm } from './viewers.js';

/** The members of a form, or of a JSON object, that hold text; of both, each name once. */
export type Form = ReadonlyMap<string, string>;

/**
 * What somebody sent with a button: a form of our own pages, or JSON of a program that says who it is by itself.
 *
 * @throws Refusal SB-3005 for a form from elsewhere, SB-4000 for JSON that is no object of texts
 */
export function formFrom(request: FastifyRequest): Form {
  if (request.headers.authorization === undefined) refuseForeignForm(request);
  const text = (request.body as Buffer | undefined)?.toString() ?? '';
  if (request.headers['content-type']?.startsWith('application/json') !== true)
    return new Map(new URLSearchParams(text));
  const members = Object.entries(parsed(text));
  if (members.some(([, member]) => typeof member !== 'string')) throw notTexts();
  return new Map(members as [string, string][]);
}

function parsed(text: string): object {
  try {
    const value = JSON.parse(text === '' ? '{}' : text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, like anything else that is no object.
  }
  throw notTexts();
}

function notTexts(): Refusal {
  return new Refusal('SB-4000', 'Send one JSON object whose members are texts');
}

/** What is wrong with a form, by the name of the member that it is about. */
export type Faults = Readonly<Record<string, string>>;

/** The same for a program, which has no form to mend. @throws Refusal SB-4220 always, when it is asked for by one */
export function refuseFaults(request: FastifyRequest, faults: Faults): void {
  if (formOf(request) !== 'json') return;
  const findings = Object.entries(faults).map(([name, fix]) => ({
    ...{ path: `/${name}`, rule: 'form', expected: 'what the form asks for', fix, doc: '/docs/rules' },
  }));
  throw new Refusal('SB-4220', undefined, { findings });
}
