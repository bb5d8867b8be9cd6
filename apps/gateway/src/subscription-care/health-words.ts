interface Words {
  /** What is so, in one sentence for the people of the receiver. */
  readonly sentence: string;
  /** What they should do. */
  readonly advice: string;
}

const row = (sentence: string, advice: string): Words => ({ sentence, advice });

/** How a subscription fares where no relay tells it: by its state, or because it is fetched. */
export const STATE_WORDS = {
  pending: row(
    'The endpoint has not consented yet; what is accepted meanwhile waits for it.',
    'Let it answer OPTIONS with WebHook-Allowed-Origin.',
  ),
  paused: row(
    'Nothing is sent; what is accepted meanwhile is kept.',
    'Let it go on with POST /subscriptions/{id}/resume.',
  ),
  disabled: row(
    'It was switched off; the reason is in its statusReason.',
    'Mend the endpoint or set a new sink, then resume it.',
  ),
  untold: row('No relay has told of it yet.', 'Look again after its first event.'),
  fetched: row('Everything that there is for it has been acknowledged.', 'Nothing is to be done.'),
  waiting: row('Events wait to be fetched.', 'Nothing is to be done as long as it is fetched now and then.'),
  behind: row(
    'Of the next events none is for it; there are more behind them, which were not looked at.',
    'Fetch from it: it passes over what is not for it.',
  ),
  lagging: row(
    'Events have been waiting to be fetched for longer than they should.',
    'Look whether the fetching system runs, and whether it acknowledges the cursors of what it fetched.',
  ),
} as const satisfies Record<string, Words>;
