import { bySource, signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** Where things are, and what codes mean. */
export function addFollowing({ program, verb }: Verbs): void {
  program.commandsGroup('Following:');
  verb(
    signingIn(program.command('journey').description('where a journey is, who has it, what it waits for')).argument(
      '<id>',
      'journey id (correlationid)',
    ),
    async () => (await import('../commands/follow.js')).journey,
  );
  verb(
    bySource(
      signingIn(program.command('event').description('the state and steps of one event')).argument('<id>', 'event id'),
    ),
    async () => (await import('../commands/follow.js')).event,
  );
  verb(
    bySource(
      signingIn(program.command('explain').description('say what a code or rule means, or what happened to an event'))
        .argument(
          '[what]',
          'a code (SB-2003), a rule (nhs-number), a reason why something is stuck (no-grant) or an event id; without it, every code',
        )
        .option('--list', 'every reason why something can be stuck'),
    ),
    async () => (await import('../commands/explain.js')).explain,
  );
}
