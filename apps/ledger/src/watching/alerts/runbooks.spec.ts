import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ALERT_KINDS, ALERTS } from './kinds.js';
import { blocksOf, RUNBOOKS_FOLDER } from './runbooks.js';
import { SOURCES } from './sources.js';

const text = (kind: string) => readFileSync(join(RUNBOOKS_FOLDER, `${kind}.md`), 'utf8');

describe('the runbooks', () => {
  it('are one for each kind of alert, and each kind has one source that notices it', () => {
    const files = readdirSync(RUNBOOKS_FOLDER).filter((name) => name !== 'README.md');
    expect(files.toSorted()).toEqual(ALERT_KINDS.map((kind) => `${kind}.md`).toSorted());
    expect(SOURCES.map(({ kind }) => kind).toSorted()).toEqual(ALERT_KINDS.toSorted());
  });

  it.each(ALERT_KINDS)('%s says what it means, for whom, what to do first, how it ends and whom to call', (kind) => {
    const blocks = blocksOf(text(kind));
    const heads = blocks.flatMap((block) =>
      block.kind === 'heading' ? [block.spans.map((span) => span.text).join('')] : [],
    );
    expect(heads).toEqual([
      'What it means',
      'Who is affected',
      'First three things',
      'How it ends',
      'When to call whom',
    ]);
    expect(blocks[0]).toEqual({ kind: 'title', spans: [{ text: ALERTS[kind].title }] });
    const steps = blocks.find((block) => block.kind === 'steps');
    expect(steps?.kind === 'steps' && steps.items.length).toBe(3);
  });
});

describe('a runbook as a page shows it', () => {
  it('keeps headings, lists, commands, code and links apart', () => {
    const markdown = '# A title\n\nSee `doctor` or [the board](/).\n\n1. One\n2. Two\n\n```bash\na\nb\n```\n\n- c\n';
    expect(blocksOf(markdown)).toEqual([
      { kind: 'title', spans: [{ text: 'A title' }] },
      {
        kind: 'text',
        spans: [
          { text: 'See ' },
          { text: 'doctor', code: true },
          { text: ' or ' },
          { text: 'the board', link: '/' },
          { text: '.' },
        ],
      },
      { kind: 'steps', items: [[{ text: 'One' }], [{ text: 'Two' }]] },
      { kind: 'code', text: 'a\nb' },
      { kind: 'list', items: [[{ text: 'c' }]] },
    ]);
  });
});
