import { describe, expect, it } from '@jest/globals';
import { Pages } from '../console/pages.js';
import { redactedTree } from './payload-tree.js';

const pages = new Pages('Europe/London', 'v');
const shown = (payload: object) =>
  pages.render('event', {
    title: 'Result reported',
    event: { id: 'e', state: 'accepted', title: 'Result reported', findings: [], refusals: [], supersededby: [] },
    attributes: [],
    lineage: { answers: [], answeredby: [], replaces: [], replacedby: [] },
    histories: [],
    moments: [],
    payload,
  });

describe('the page of an event', () => {
  it('shows where things stand and how long they are, and nothing of what they say', () => {
    const document = { name: [{ family: 'Qxmarker', '9990000018': 'Qxother' }], active: true };
    const data = { kind: 'json' as const, bytes: Buffer.from(JSON.stringify(document)) };
    const html = shown(redactedTree(data, new Set(['name', 'family', 'active']), { nodes: 100, items: 10 }));
    const page = html.replaceAll('<wbr>', '');
    expect(page).toContain('text, 8 characters');
    expect(page).toContain('array, 1 item');
    expect(page).toContain('/name/0/member 2');
    for (const secret of ['Qxmarker', 'Qxother', '9990000018']) expect(page).not.toContain(secret);
    // Every place that can be opened is a place of its own, so that it stays open when the page is brought up to date.
    const ids = [...page.matchAll(/<details id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual(['content', 'content/name', 'content/name/0']);
  });
  it.each([
    ['gone', 'has let the event go'],
    ['unreadable', 'cannot be read now'],
    ['absent', 'carries no content of its own'],
    ['binary', 'The content is binary, 6 bytes'],
  ])('says why there is nothing to show: %s', (kind, words) => {
    expect(shown({ kind, bytes: 6 })).toContain(words);
  });
});
