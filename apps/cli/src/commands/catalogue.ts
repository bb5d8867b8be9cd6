import { readPublic } from '@signalbox/client';

import type { Context } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { table } from '../terminal.js';

type Fields = Readonly<Record<string, unknown>>;

const PREFIX = 'org.signalbox.';

/** `catalogue [type]`: the types that may be published, or all that is known of one; needs no token. */
export async function catalogue(context: Context, _options: object, type?: string): Promise<ExitCode> {
  const { gateway } = context.settings;
  if (type === undefined) return listTypes(context, await readPublic(gateway, 'catalogue'));
  const name = type.startsWith(PREFIX) ? type : `${PREFIX}${type}`;
  return showType(context, await readPublic(gateway, `catalogue/${encodeURIComponent(name)}`));
}

function listTypes({ terminal }: Context, answer: unknown): ExitCode {
  const types = itemsOf(answer);
  if (terminal.json) for (const type of types) terminal.result(type, '');
  else terminal.resultText(table(types.map((type) => [text(type['type']), text(type['status']), text(type['title'])])));
  terminal.next('signalbox catalogue <type>');
  return EXIT_CODES.done;
}

function showType({ terminal }: Context, answer: unknown): ExitCode {
  const type = answer as Fields;
  if (terminal.json) {
    terminal.result(type, '');
    return EXIT_CODES.done;
  }
  const rows = Object.entries(type).flatMap(([name, value]) => {
    if (name === 'readme' || typeof value === 'object') return [];
    return [[name, text(value)]];
  });
  terminal.resultText(table(rows));
  if (Array.isArray(type['rules'])) terminal.resultText(`rules: ${type['rules'].map(text).join(', ')}`);
  if (typeof type['readme'] === 'string') terminal.resultText(`\n${type['readme'].trim()}`);
  return EXIT_CODES.done;
}

function itemsOf(answer: unknown): Fields[] {
  const { items, types } = (answer ?? {}) as { items?: unknown; types?: unknown };
  const list = Array.isArray(items) ? items : types;
  if (Array.isArray(list)) return list as Fields[];
  throw new CommandFailure(
    EXIT_CODES.failed,
    'The gateway answered something else than a catalogue.',
    'signalbox doctor',
  );
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
