import { signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** The house itself, and this machine. */
export function addHouse({ program, verb }: Verbs): void {
  program.commandsGroup('The house:');
  verb(
    program
      .command('dev')
      .description('start NATS, Redis, gateway, relay and ledger on this machine, and play one journey')
      .option('--no-demo', 'start the house alone'),
    async () => (await import('../commands/dev.js')).dev,
  );
  verb(
    signingIn(
      program.command('doctor').description('check this machine, the house and your token, first failure first'),
    ),
    async () => (await import('../commands/doctor.js')).doctor,
  );
  verb(
    program.command('completion').description('print completion for a shell').argument('<shell>', 'bash, zsh or fish'),
    async () => {
      const { completion } = await import('../commands/completion.js');
      return (context, _options, shell) => completion(context, program, shell);
    },
  );
}
