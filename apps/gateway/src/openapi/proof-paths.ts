import { call, inPath, inQuery, json, LEDGER_AWAY, ref, type Paths } from './form.js';

/** The proof that nothing ended in silence, the account of a day, and what waits for a person. */
export const proofPaths: Paths = {
  '/reconciliation': {
    get: call(
      'reconciliation',
      'Operator: whether streams, publishers and subscriptions sum, and every gap with its name',
      {
        answers: { '200': json('The sums of the last passes and the gaps', 'Reconciliation') },
        problems: { '403': 'For the operator: SB-3005', ...LEDGER_AWAY },
      },
    ),
  },
  '/statements/{date}': {
    get: call(
      'statement',
      'What you sent and received on one day, and what became of it; JSON, or CSV with Accept: text/csv',
      {
        description:
          'Days are counted in the zone that the exchange is set to (Europe/London). States are those of now, of the events of that day, so the statement of a day that is over still changes while its deliveries go on. Refusals that were only asked to come later (429, 503) are not counted.',
        parameters: [
          inPath('date', 'The day as yyyy-mm-dd, or yesterday: the last day that is over in that zone'),
          inQuery('org', 'Operator: ODS code of another organisation'),
        ],
        answers: {
          '200': {
            description: 'The statement',
            content: {
              'application/json': { schema: ref('Statement') },
              'text/csv': { schema: { type: 'string', description: 'One number a row, RFC 4180' } },
            },
          },
        },
        problems: { '400': 'Not a day: SB-4000', ...LEDGER_AWAY },
      },
    ),
  },
  '/work-items': {
    get: call(
      'workItems',
      'What waits for a person on your side: parked, past its deadline, corrections that nobody could be given',
      {
        description:
          'Oldest first. Each says whose move it is, what to do next and whom to call. It is gone from the list once it is delivered or handled.',
        parameters: [
          inQuery('after', 'next of the page before'),
          inQuery('event', 'Only of events with this id'),
          inQuery('source', 'Only of events of this source'),
        ],
        answers: { '200': json('Open work items', 'WorkItems') },
        problems: { '400': 'The cursor is not one that this list gave out: SB-4000', ...LEDGER_AWAY },
      },
    ),
  },
};
