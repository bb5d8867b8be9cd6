import type { Catalogue } from '@signalbox/contracts';
import { OPERATOR, type Outage, type Registry, toldOfOutage } from '@signalbox/registry';
import type { Viewer } from '../journeys/sight.js';
import type { Outages } from '../watching/outages/outages.js';
import { inWords, type Silences } from '../watching/rhythm/silences.js';
import type { Portion } from './groups.js';
import type { WhyBook } from './why-book.js';
import { whyOf } from './why.js';

/** What tells who sends nothing, and why. */
export interface QuietParts {
  readonly silences: Pick<Silences, 'silent'>;
  readonly outages: Pick<Outages, 'underway'>;
  readonly registry: Pick<Registry, 'subscriptions' | 'allows'>;
  readonly catalogue: Pick<Catalogue, 'types'>;
  readonly why: Pick<WhyBook, 'reached'>;
}

/** Publishers that send nothing without a word, and organisations that have declared an outage, of the viewer's own side. */
export async function quietParties(parts: QuietParts, viewer: Viewer): Promise<Portion[]> {
  const { silences, outages, why: book } = parts;
  const silent = (await silences.silent(viewer)).map(({ publisher, type, last, usualms }): Portion => {
    const detail = `At this hour the usual gap is up to ${inWords(usualms)}.`;
    const why = book.reached(whyOf('publisher-silent', { publisher, operator: OPERATOR.ods }, { since: last, detail }));
    const key = { stuck: why.reason, cause: 'publisher-silent', publisher, receiver: '', type };
    return { key, kind: 'silent', why, count: 1, more: false, repeats: 0, first: last, last };
  });
  const declared = outages
    .underway()
    .filter((outage) => concerns(outage, viewer, parts))
    .map(({ ods, reason, began, types, expectedend }): Portion => {
      const detail = `Of ${types.join(', ')}.${expectedend === undefined ? '' : ` It is expected to end at ${expectedend}.`}`;
      const why = book.reached(
        whyOf('outage-declared', { publisher: ods, operator: OPERATOR.ods }, { since: began, detail }),
      );
      const key = { stuck: why.reason, cause: reason, publisher: ods, receiver: '', type: '' };
      return { key, kind: 'silent', why, count: 1, more: false, repeats: 0, first: began, last: began };
    });
  return [...silent, ...declared];
}

/** Whose it is, and who would receive what stays away. */
function concerns(outage: Outage, viewer: Viewer, { registry, catalogue }: QuietParts): boolean {
  return viewer.all || outage.ods === viewer.ods || toldOfOutage(outage, registry, catalogue).includes(viewer.ods);
}
