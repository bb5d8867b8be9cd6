import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALERT_KINDS, type AlertKind } from './kinds.js';

/** Where the runbooks lie, from the sources as well as from what is built. */
export const RUNBOOKS_FOLDER = join(import.meta.dirname, '..', '..', '..', '..', '..', 'docs', 'runbooks');

/** A piece of a line: plain, or `code`, or a link. */
export interface Span {
  readonly text: string;
  readonly code?: true;
  readonly link?: string;
}

/** A part of a runbook, as a page shows it. */
export type Block =
  | { readonly kind: 'title' | 'heading' | 'text'; readonly spans: readonly Span[] }
  | { readonly kind: 'list' | 'steps'; readonly items: readonly (readonly Span[])[] }
  | { readonly kind: 'code'; readonly text: string };

/** Every runbook by kind of alert, read once. */
export class Runbooks {
  constructor(private readonly blocks: ReadonlyMap<AlertKind, readonly Block[]>) {}

  of(kind: AlertKind): readonly Block[] | undefined {
    return this.blocks.get(kind);
  }
}

/** @throws Error when one of them is missing */
export async function loadRunbooks(folder = RUNBOOKS_FOLDER): Promise<Runbooks> {
  const read = ALERT_KINDS.map(async (kind) => {
    const text = await readFile(join(folder, `${kind}.md`), 'utf8');
    return [kind, blocksOf(text)] as const;
  });
  return new Runbooks(new Map(await Promise.all(read)));
}

const ITEM = /^(?:-|(\d+)\.) (.*)$/;

/**
 * The blocks of a runbook. Runbooks are written in a small part of Markdown: headings, paragraphs, lists of one level, blocks
 * of code, and in a line `code` and links.
 */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.trim() === '') continue;
    if (line.startsWith('```')) {
      const end = lines.findIndex((one, index) => index > at && one.startsWith('```'));
      blocks.push({ kind: 'code', text: lines.slice(at + 1, end).join('\n') });
      at = end < 0 ? lines.length : end;
    } else if (ITEM.test(line)) {
      const items = linesWhile(lines, at, (one) => ITEM.test(one));
      const kind = ITEM.exec(line)![1] === undefined ? 'list' : 'steps';
      blocks.push({ kind, items: items.map((item) => spansOf(ITEM.exec(item)![2]!)) });
      at += items.length - 1;
    } else {
      const heading = /^(#+) (.*)$/.exec(line);
      const kind = heading === null ? 'text' : heading[1] === '#' ? 'title' : 'heading';
      blocks.push({ kind, spans: spansOf(heading?.[2] ?? line) });
    }
  }
  return blocks;
}

function linesWhile(lines: readonly string[], from: number, belongs: (line: string) => boolean): string[] {
  const end = lines.findIndex((line, index) => index >= from && !belongs(line));
  return lines.slice(from, end < 0 ? lines.length : end);
}

function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const match of line.matchAll(/`([^`]+)`|\[([^\]]+)\]\(([^)]+)\)/g)) {
    if (match.index > from) spans.push({ text: line.slice(from, match.index) });
    const [, code, text, link] = match;
    if (code !== undefined) spans.push({ text: code, code: true });
    else if (text !== undefined && link !== undefined) spans.push({ text, link });
    from = match.index + match[0].length;
  }
  if (from < line.length) spans.push({ text: line.slice(from) });
  return spans;
}
