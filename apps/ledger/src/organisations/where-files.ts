import { csvOf } from '../console/csv.js';
import { toldWords } from './small-numbers.js';
import type { ChangeTold, FlowTold } from './where-data-goes.js';

/** Flows as CSV. */
export function flowsCsv(flows: readonly FlowTold[]): string {
  const header = [
    'from',
    'to',
    'type',
    'title',
    'classification',
    'purposes',
    'legal-bases',
    'status',
    'ways',
    'since',
    'until',
    'content-kept-days',
    'events-in-30-days',
  ];
  return csvOf([
    header,
    ...flows.map((flow) => [
      flow.from,
      flow.to,
      flow.type,
      flow.title,
      flow.classification,
      flow.purposes.join('; '),
      flow.bases.join('; '),
      flow.status,
      flow.ways.join(' '),
      flow.since,
      flow.until,
      flow.keptdays,
      toldWords(flow.events30d),
    ]),
  ]);
}

/** Changes as CSV. */
export function changesCsv(changes: readonly ChangeTold[]): string {
  return csvOf([
    ['number', 'at', 'change', 'organisation', 'application', 'action', 'types', 'purpose', 'legal-basis', 'expires'],
    ...changes.map(({ number, at, change, ods, application, action, types, purpose, basis, expires }) => [
      number,
      at,
      change,
      ods,
      application,
      action,
      types,
      purpose,
      basis,
      expires,
    ]),
  ]);
}

/** What happened to a grant, in one sentence. */
export function changeSentence({ change, ods, application, action, types, purpose }: ChangeTold): string {
  const who = application === '*' ? ods : `${ods} (application ${application})`;
  const what = `${action === 'publish' ? 'publish' : 'receive'} ${types === '*' ? 'every type' : types} for ${purpose}`;
  const words = {
    found: `${who} might ${what} when this history began.`,
    given: `${who} was given the right to ${what}.`,
    changed: `The right of ${who} was changed: it may ${what}.`,
    expired: `The right of ${who} to ${what} ended by itself.`,
    withdrawn: `The right of ${who} to ${what} was withdrawn.`,
  } as const;
  return words[change];
}

/**
 * Changes as an Atom feed (RFC 4287), newest first.
 *
 * @param base address of the console, without a slash at its end
 */
export function changesAtom(changes: readonly ChangeTold[], base: string, now: Date): string {
  const page = `${base}/where-data-goes/changes`;
  const updated = changes[0]?.at ?? now.toISOString();
  const entries = changes.map((change) => {
    const link = `${base}/organisations/${encodeURIComponent(change.ods)}`;
    return [
      '  <entry>',
      `    <id>${text(`${page}#${String(change.number)}`)}</id>`,
      `    <title>${text(changeSentence(change))}</title>`,
      `    <updated>${text(change.at)}</updated>`,
      `    <link href="${text(link)}"/>`,
      `    <content type="text">${text(changeSentence(change))}</content>`,
      '  </entry>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `  <id>${text(page)}</id>`,
    '  <title>Where patient data goes: changes</title>',
    `  <updated>${text(updated)}</updated>`,
    '  <author><name>Signalbox</name></author>',
    `  <link rel="self" href="${text(`${page}?format=atom`)}"/>`,
    ...entries,
    '</feed>',
    '',
  ].join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function text(value: string): string {
  // Characters that XML 1.0 cannot hold are left out.
  return value
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '')
    .replace(/[&<>"]/g, (one) => ESCAPES[one]!);
}
