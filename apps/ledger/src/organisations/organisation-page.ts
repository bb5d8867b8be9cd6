import type { Known } from '../console/viewers.js';
import { duration } from '../journeys/words.js';
import type { OrganisationLine, OrganisationView, StageLine } from './organisation-desk.js';
import { withQuery } from './query.js';
import type { Card, Period, Times } from './scorecard.js';
import { PERIODS } from './scorecard.js';
import type { Narrowing } from './scorecards.js';
import { STRICTNESS_WORDS } from './strictness-words.js';

const NOT_ENOUGH = 'not enough traffic';

/** A figure of a scorecard, in words: its value, and what it is of. */
interface Figure {
  readonly title: string;
  readonly value: string;
  readonly of: string;
}

/** The list of organisations for its page. */
export function listModel(
  { organisations, period, next }: { organisations: readonly OrganisationLine[]; period: Period; next?: string },
  later: boolean,
): object {
  return {
    title: 'Organisations',
    at: 'organisations',
    period,
    periods: periodLinks('/organisations', period, {}),
    later,
    more: next && withQuery('/organisations', { period, after: next }),
    organisations: organisations.map((line) => ({
      ...line,
      valid: share(line.card.validity.share, line.card.offered, 'no traffic'),
      acknowledged: share(line.card.acknowledgement.share, line.card.acknowledgement.delivered, 'nothing delivered'),
    })),
  };
}

/** One organisation for its page. */
export function pageModel(
  view: OrganisationView,
  known: Known,
  narrowing: Narrowing,
  done: 'stage-set' | 'stage-cleared' | undefined,
): object {
  const path = `/organisations/${encodeURIComponent(view.organisation.ods)}`;
  const period = view.period.id;
  return {
    ...view,
    // An ODS code and a name; nothing of a patient.
    title: `Organisation ${view.organisation.ods}`,
    at: 'organisations',
    path,
    done,
    narrowing,
    narrowed: Object.keys(narrowing).length > 0,
    periods: periodLinks(path, period, narrowing),
    whole: withQuery(path, { period }),
    csv: withQuery(path, { period, ...narrowing, format: 'csv' }),
    figures: figuresOf(view.total, view.minimum),
    cards: view.cards.map((card) => ({
      ...card,
      ...wordsOf(card),
      link: withQuery(path, { period, ...subjectOf(card) }),
    })),
    stages: view.stages.map((stage) => ({
      ...stage,
      ...stageWords(stage),
      link: `${path}/stages/${encodeURIComponent(stage.type)}`,
    })),
    mayact: known.roles.has('administrator'),
    mayseepeople: known.roles.has('administrator') && (known.actsForAll || known.ods === view.organisation.ods),
  };
}

function subjectOf({ type, application, product, version }: OrganisationView['cards'][number]): Narrowing {
  return {
    type,
    ...(application !== '' && { application }),
    ...(product !== '' && { product }),
    ...(version !== '' && { version }),
  };
}

function periodLinks(path: string, chosen: Period, narrowing: Narrowing) {
  return Object.entries(PERIODS).map(([id, { title }]) => ({
    title,
    href: withQuery(path, { period: id, ...narrowing }),
    chosen: id === chosen,
  }));
}

/** The figures of a whole scorecard, each with what it is of. */
export function figuresOf(card: Card, minimum: number): Figure[] {
  const { validity, timeliness, repeats, acknowledgement, order, offered } = card;
  const again = repeats.duplicates + repeats.conflicts;
  return [
    {
      title: 'Valid',
      value: share(validity.share, offered, 'no traffic'),
      of: `${many(validity.clean)} accepted without findings, of ${many(offered)} offered (${many(validity.withfindings)} accepted with findings, ${many(validity.refused)} refused). What was offered again is not counted twice.`,
    },
    {
      title: 'Sent to accepted',
      value: times(timeliness.toaccept),
      of: `From the time that the publisher gave the event to its acceptance, of ${many(timeliness.toaccept.count)} events. ${ahead(timeliness.ahead)}`,
    },
    {
      title: 'Accepted to delivered',
      value: times(timeliness.todeliver),
      of: `Of ${many(timeliness.todeliver.count)} first deliveries; replays, and what was asked for only later, are left out.`,
    },
    {
      title: 'Acknowledged by system',
      value: share(acknowledgement.share, acknowledgement.delivered, 'nothing delivered'),
      of: `${many(acknowledgement.acknowledged)} of ${many(acknowledgement.delivered)} deliveries that arrived; ${times(acknowledgement.times)} after they did. Channels without acknowledgement count as not acknowledged.`,
    },
    {
      title: 'Offered again',
      value: repeats.share === undefined ? wordsWithout(again, 'none') : percent(repeats.share),
      of: `${many(repeats.duplicates)} with the same content and ${many(repeats.conflicts)} with other content, of ${many(offered + again)} offers.`,
    },
    {
      title: 'Out of order',
      value: order.share === undefined ? wordsWithout(order.late, 'none') : percent(order.share),
      of: `${many(order.late)} of ${many(validity.accepted)} accepted came after a newer version of the same thing.`,
    },
    {
      title: 'Least traffic',
      value: many(minimum),
      of: `Shares are not told of fewer, nor times: “${NOT_ENOUGH}”. Times are about, to within a fifth.`,
    },
  ];
}

function wordsOf(card: Card) {
  return {
    valid: share(card.validity.share, card.offered, 'no traffic'),
    toaccept: times(card.timeliness.toaccept),
    todeliver: times(card.timeliness.todeliver),
    acknowledged: share(card.acknowledgement.share, card.acknowledgement.delivered, 'nothing delivered'),
    again: card.repeats.duplicates + card.repeats.conflicts,
    rules: card.validity.byrule.slice(0, 3),
  };
}

function stageWords({ strictness, failures, next }: StageLine) {
  const { share: part, failed, of } = failures;
  return {
    word: STRICTNESS_WORDS[strictness].title,
    tone: strictness === 'enforce' ? 'green' : strictness === 'warn' ? 'yellow' : 'grey',
    nextword: next && STRICTNESS_WORDS[next.strictness].title,
    fails:
      part === undefined
        ? `${of === 0 ? 'no traffic' : NOT_ENOUGH} (${many(failed)} of ${many(of)})`
        : `${percent(part)} (${many(failed)} of ${many(of)})`,
  };
}

function share(value: number | undefined, whole: number, none: string): string {
  if (value !== undefined) return percent(value);
  return whole === 0 ? none : NOT_ENOUGH;
}

function wordsWithout(count: number, none: string): string {
  return count === 0 ? none : NOT_ENOUGH;
}

function times({ count, p50, p90 }: Times): string {
  if (p50 === undefined || p90 === undefined) return count === 0 ? 'nothing measured' : NOT_ENOUGH;
  return `median ${about(p50)}, 9 of 10 within ${about(p90)}`;
}

function ahead(count: number): string {
  return count === 0 ? '' : `${many(count)} more were dated later than they were accepted: a clock is ahead.`;
}

/** A time for people: to the millisecond below a second, in words above. */
function about(ms: number): string {
  if (ms < 1_000) return `${String(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms);
}

function percent(value: number): string {
  // Never rounded up to all, nor down to none.
  if (value > 0.999 && value < 1) return '99.9%';
  if (value > 0 && value < 0.001) return '0.1%';
  return `${(value * 100).toFixed(1).replace(/\.0$/, '')}%`;
}

const many = (count: number): string => count.toLocaleString('en-GB');
