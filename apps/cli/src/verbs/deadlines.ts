import type { Command } from 'commander';

import { signingIn } from './verb.js';
import type { Verbs } from './verb.js';

const load = () => import('../commands/deadline.js');

/** By when what is an organisation's move has to be done. */
export function addDeadlines({ program, verb }: Verbs): void {
  const deadline = program.command('deadline').description('by when an organisation has to have done what is its move');
  const of = (name: string, description: string): Command =>
    signingIn(deadline.command(name).description(description)).argument('<ods>', 'ODS code of whose move it is');
  const clock = (command: Command): Command =>
    command
      .argument('<type>', 'event type; org.signalbox. may be left out')
      .argument('<clock>', 'name of the clock, as deadline list tells it');
  verb(
    of('list', 'every clock of every type, as long as it runs').option('--own', 'only what differs from the types'),
    async () => (await load()).listDeadlines,
  );
  verb(
    clock(of('set', 'other times than the type’s: shorter always, longer with --org and the operator’s code'))
      .option('--routine <duration>', 'ISO 8601, such as P2D')
      .option('--urgent <duration>', 'such as PT12H')
      .option('--two-week-wait <duration>', 'such as P1D')
      .option('--critical <duration>', 'such as PT1H'),
    async () => (await load()).setDeadline,
  );
  verb(clock(of('clear', 'the times of the type hold again')), async () => (await load()).clearDeadline);
}
