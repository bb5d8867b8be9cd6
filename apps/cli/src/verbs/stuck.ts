import type { Command } from 'commander';

import { carefully, signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** What stands still, why, and what is done about it. */
export function addStuck({ program, verb }: Verbs): void {
  const load = () => import('../commands/stuck.js');
  program.commandsGroup('Following:');
  const stuck = program
    .command('stuck')
    .description('what stands still, by cause, publisher and type version')
    // Options behind a verb of its own are that verb's.
    .enablePositionalOptions();
  verb(which(signingIn(stuck)), async () => (await load()).stuck);
  verb(
    which(signingIn(stuck.command('members').description('each of one group, the oldest first'))),
    async () => (await load()).members,
  );
  verb(
    carefully(
      which(
        signingIn(stuck.command('act').description('do something about a whole group')).argument(
          '<act>',
          'retry, park (stop trying), hand-over (--to) or handled (--note)',
        ),
      ),
    )
      .option('--note <text>', 'why, for whoever looks later; never a patient’s identifier')
      .option('--to <name>', 'who looks after it now: a person or a team'),
    async () => (await load()).act,
  );
}

function which(command: Command): Command {
  return command
    .option('--reason <reason>', 'one of the closed list: explain --list')
    .option('--cause <word>', 'the finer cause')
    .option('--publisher <ods>', 'who published it (ODS code)')
    .option('--receiver <ods>', 'who receives it (ODS code)')
    .option('--type <type>', 'type; org.signalbox. may be left out');
}
