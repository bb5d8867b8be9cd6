import type { Strictness } from '@signalbox/registry';

/** What each strictness does, for people. */
export const STRICTNESS_WORDS: Readonly<Record<Strictness, { readonly title: string; readonly meaning: string }>> = {
  observe: {
    title: 'Observe',
    meaning:
      'Events that break rules of attributes or content are accepted. Findings are recorded; the publisher is not told in the answer.',
  },
  warn: {
    title: 'Warn',
    meaning:
      'Events that break rules of attributes or content are accepted. Findings are recorded and stand in the answer to the publisher.',
  },
  enforce: {
    title: 'Enforce',
    meaning: 'Events that break rules of attributes or content are refused, with every finding.',
  },
};
