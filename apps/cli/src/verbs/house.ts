import { signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** What can be done by hand with the accounts file; the house does it by itself. */
const ENGINE_VERBS = [
  ['render', 'print the accounts file as the registry has it'],
  ['check', 'have nats-server judge its configuration with that file'],
  ['apply', 'put that file in place and have the server read it, without a restart'],
] as const;

/** The house itself, and this machine. */
export function addHouse({ program, verb }: Verbs): void {
  program.commandsGroup('The house:');
  verb(
    program
      .command('dev')
      .description('start NATS, Redis, gateway, relay and ledger on this machine, and play one journey')
      .option('--no-demo', 'start the house alone')
      .option('--scenario <name>', 'plant faults after the journey: stuck'),
    async () => (await import('../commands/dev.js')).dev,
  );
  verb(
    signingIn(
      program.command('doctor').description('check this machine, the house and your token, first failure first'),
    ),
    async () => (await import('../commands/doctor.js')).doctor,
  );
  const engine = program.command('engine').description('the accounts in NATS of organisations that speak it');
  for (const [name, does] of ENGINE_VERBS) {
    verb(engine.command(name).description(does), async () => {
      const work = await import('../commands/engine.js');
      return (context) => work.engine(context, name);
    });
  }
  verb(
    program.command('completion').description('print completion for a shell').argument('<shell>', 'bash, zsh or fish'),
    async () => {
      const { completion } = await import('../commands/completion.js');
      return (context, _options, shell) => completion(context, program, shell);
    },
  );
}
