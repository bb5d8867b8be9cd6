import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Catalogue, compareTypes, defaultSchemasFolder, lintType } from '@signalbox/contracts';
import type { Change, Comparison, TypeVersion, Witness } from '@signalbox/contracts';

import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES, messageOf } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { askLedger } from '../ledger.js';
import { table } from '../terminal.js';

interface SchemaOptions extends Identity {
  readonly schemas?: string;
  readonly impact?: boolean;
}

/** Who was seen to use a type, as the ledger tells. */
interface Use {
  readonly days: number;
  readonly whole: boolean;
  readonly publishers: readonly UseLine[];
  readonly subscribers: readonly UseLine[];
}

interface UseLine {
  readonly ods: string;
  readonly name: string;
  readonly events: { readonly count?: number; readonly fewerthan?: number };
  readonly last: string;
}

/** `schema diff`: changes, verdict and a counter-example; ends with 1 where anything breaks. */
export async function diff(context: Context, o: SchemaOptions, older = '', newer = ''): Promise<ExitCode> {
  const { terminal } = context;
  const versions = [await versionOf(older, o), await versionOf(newer, o)] as const;
  const compared = compareTypes(...versions);
  const use = o.impact === true ? await useOf(context, o, versions[0].type.type) : undefined;
  terminal.result({ ...compared, ...(use && { use }) }, textOf(compared));
  if (use && !terminal.json) terminal.resultText(useText(use));
  const { forward, backward } = compared.verdict;
  if (o.impact !== true && !(forward && backward))
    terminal.next(`signalbox schema diff ${older} ${newer} --impact${context.again(o)}`);
  return forward && backward ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** `schema lint`: everything that stands against publishing a type's folder. */
export async function lint({ terminal }: Context, o: SchemaOptions, folder = ''): Promise<ExitCode> {
  const version = await versionOf(folder, o);
  const findings = lintType(version);
  terminal.result(
    { type: version.type.type, findings },
    findings.length === 0
      ? `${version.type.type} is as it must be.`
      : table(findings.map(({ path, sentence }) => [path, sentence])),
  );
  return findings.length === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** A version by its folder, or by `family.event@version`. @throws CommandFailure for what is not there */
async function versionOf(name: string, { schemas }: SchemaOptions): Promise<TypeVersion> {
  const isFolder = existsSync(join(name, 'type.json'));
  const parts = isFolder ? partsOfFolder(resolve(name)) : partsOfName(name);
  if (parts === undefined)
    throw new CommandFailure(
      EXIT_CODES.usage,
      `${name} is no version of a type: name it like booking.booked@1, or the folder that holds its type.json.`,
      'signalbox catalogue',
    );
  const root = parts.root ?? resolve(schemas ?? defaultSchemasFolder());
  if (!existsSync(join(root, 'fhir')))
    throw new CommandFailure(
      EXIT_CODES.usage,
      `${root} is no folder of schemas: a version lies in <schemas>/<family>/<event>/v<number>, and <schemas> holds fhir/ too.`,
    );
  const catalogue = await Catalogue.load(root).catch((error: unknown) => {
    throw new CommandFailure(EXIT_CODES.failed, messageOf(error));
  });
  const type = catalogue.find(`org.signalbox.${parts.name}.v${parts.version}`);
  if (type) return { type, catalogue };
  throw new CommandFailure(
    EXIT_CODES.notFound,
    `There is no version ${parts.version} of ${parts.name} in ${root}.`,
    'signalbox catalogue',
  );
}

interface Parts {
  readonly name: string;
  readonly version: string;
  readonly root?: string;
}

function partsOfName(name: string): Parts | undefined {
  const [, short, version] = /^(?:org\.signalbox\.)?([a-z0-9-]+\.[a-z0-9-]+)(?:@v?|\.v)([1-9]\d*)$/.exec(name) ?? [];
  return short !== undefined && version !== undefined ? { name: short, version } : undefined;
}

/** `<root>/<family>/<event>/v<version>`. */
function partsOfFolder(folder: string): Parts | undefined {
  const version = /^v([1-9]\d*)$/.exec(basename(folder))?.[1];
  const event = dirname(folder);
  const family = dirname(event);
  if (version === undefined) return undefined;
  return { name: `${basename(family)}.${basename(event)}`, version, root: dirname(family) };
}

const BREAKS: Readonly<Record<Change['direction'], string>> = {
  forward: 'readers of the older',
  backward: 'events of the older',
  both: 'both ways',
  none: '-',
};

function textOf(compared: Comparison): string {
  const { older, newer, changes, verdict, witness, missed } = compared;
  const lines = [`From ${older} to ${newer}`];
  if (changes.length > 0) {
    const rows = changes.map(({ direction, path, sentence, places }) => [
      BREAKS[direction],
      path === '' ? '/' : path,
      places === undefined ? sentence : `${sentence} (and wherever the same definition is used)`,
    ]);
    lines.push('', table([['BREAKS', 'WHERE', 'CHANGE'], ...rows]));
  }
  lines.push(
    '',
    `New events for who reads by the older version: ${verdict.forward ? 'all are taken.' : 'some are NOT taken.'}`,
    `Old events by the newer version (replay, publishers that stay): ${verdict.backward ? 'all are taken.' : 'some are REFUSED.'}`,
  );
  if (witness.forward) lines.push('', ...witnessLines('A new event that the older version refuses', witness.forward));
  if (witness.backward)
    lines.push('', ...witnessLines('An old event that the newer version refuses', witness.backward));
  if (missed.length > 0) lines.push('', 'The structure did not show this, only the event did: please report it.');
  return lines.join('\n');
}

function witnessLines(title: string, { example, changes, value, refusedBy }: Witness): string[] {
  const done = changes.map(({ path, change, ...rest }) => {
    const what = 'value' in rest ? ` ${JSON.stringify(rest.value)}` : '';
    return `  ${path}: ${change}${what}`;
  });
  return [
    `${title}: ${value === undefined ? `the example ${example}${changes.length > 0 ? ', with' : ' as it is'}` : JSON.stringify(value)}`,
    ...done,
    ...refusedBy.map(
      ({ path, rule, expected }) => `  refused at ${path === '' ? '/' : path} (${rule}): expected ${expected}`,
    ),
  ];
}

const useOf = (context: Context, o: Identity, type: string): Promise<Use> =>
  askLedger(context, o, `catalogue/${encodeURIComponent(type)}/use`, `who uses ${type}`);

function useText({ days, whole, publishers, subscribers }: Use): string {
  const rows = (title: string, lines: readonly UseLine[]) =>
    lines.map(({ ods, name, events, last }) => [title, ods, name, countOf(events), last]);
  const all = [...rows('publishes', publishers), ...rows('receives', subscribers)];
  const head = `Who used the older version in the last ${String(days)} days${whole ? '' : ', on your side'}:`;
  if (all.length === 0) return `\n${head} nobody was seen.`;
  return `\n${head}\n${table([['', 'ODS', 'NAME', 'EVENTS', 'LAST SEEN'], ...all])}`;
}

function countOf({ count, fewerthan }: UseLine['events']): string {
  return count !== undefined ? String(count) : `fewer than ${String(fewerthan)}`;
}
