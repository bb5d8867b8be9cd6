import { type Cell, csvOf } from '../console/csv.js';
import type { OrganisationView } from './organisation-desk.js';
import type { Card, Times } from './scorecard.js';

const HEADER = [
  'organisation',
  'period',
  'since',
  'type',
  'application',
  'product',
  'version',
  'measure',
  'name',
  'value',
];

/** A scorecard as CSV: one number a row, so that every spreadsheet can sum and turn it. Times are in milliseconds. */
export function scorecardCsv({ organisation, period, cards }: OrganisationView): string {
  const rows = cards.flatMap((card) => {
    const about = [organisation.ods, period.id, period.since, card.type, card.application, card.product, card.version];
    return numbersOf(card).map((row) => [...about, ...row]);
  });
  return csvOf([HEADER, ...rows]);
}

function numbersOf({ validity, timeliness, repeats, acknowledgement, order, offered }: Card): Cell[][] {
  const { byrule, bycode } = validity;
  return [
    ['offered', '', offered],
    ['accepted', '', validity.accepted],
    ['accepted-without-findings', '', validity.clean],
    ['accepted-with-findings', '', validity.withfindings],
    ['refused', '', validity.refused],
    ...byrule.flatMap(({ rule, accepted, refused }) => [
      ['accepted-with-rule', rule, accepted],
      ['refused-with-rule', rule, refused],
    ]),
    ...bycode.map(({ code, refused }) => ['refused-with-code', code, refused]),
    ...times('time-to-accept', timeliness.toaccept),
    ...times('time-to-deliver', timeliness.todeliver),
    ['dated-ahead', '', timeliness.ahead],
    ['duplicates', '', repeats.duplicates],
    ['conflicts', '', repeats.conflicts],
    ['delivered', '', acknowledgement.delivered],
    ['acknowledged', '', acknowledgement.acknowledged],
    ...times('time-to-acknowledge', acknowledgement.times),
    ['late', '', order.late],
  ];
}

function times(measure: string, { count, p50, p90 }: Times): Cell[][] {
  return [
    [measure, 'count', count],
    ...(p50 === undefined ? [] : [[measure, 'p50', p50]]),
    ...(p90 === undefined ? [] : [[measure, 'p90', p90]]),
  ];
}
