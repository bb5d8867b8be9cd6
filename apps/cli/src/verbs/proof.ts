import { bySource, signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** Who received what, what sums, and what is left for people. */
export function addProof({ program, verb }: Verbs): void {
  const load = () => import('../commands/proof.js');
  program.commandsGroup('Proof:');
  verb(
    bySource(
      signingIn(
        program.command('recipients').description('who received an event of yours, when, and acknowledged or not'),
      ).argument('<event>', 'event id'),
    ),
    async () => (await load()).recipients,
  );
  verb(
    program.command('reconcile').description('whether every event ended in a named state for everyone (operator)'),
    async () => (await load()).reconcile,
  );
  verb(
    signingIn(program.command('statement').description('what you sent and received on a day'))
      .argument('[date]', 'yyyy-mm-dd; default yesterday (UTC)')
      .option('--csv', 'as CSV')
      .option('--of <ods>', 'of this organisation, with the operator’s key'),
    async () => (await load()).statement,
  );
  verb(
    signingIn(program.command('work-items').description('what waits for a person of your organisation')),
    async () => (await load()).workItems,
  );
}
