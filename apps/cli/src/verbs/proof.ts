import { bySource, carefully, signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** Who received what, what sums, and what is left for people. */
export function addProof({ program, verb }: Verbs): void {
  const load = () => import('../commands/proof.js');
  program.commandsGroup('Proof:');
  const recipients = program
    .command('recipients')
    .description('who received an event of yours, when, and acknowledged or not')
    // Options behind a verb of its own are that verb's.
    .enablePositionalOptions();
  verb(bySource(signingIn(recipients).argument('<event>', 'event id')), async () => (await load()).recipients);
  verb(
    carefully(
      bySource(
        signingIn(
          recipients
            .command('handled')
            .description('close what is open for you with a receiver that was told by other means (--who, --note)'),
        ).argument('<event>', 'event id'),
      ),
    )
      .requiredOption('--receiver <ods>', 'the receiver that was told (ODS code)')
      .requiredOption('--who <name>', 'by whom: a person or a team')
      .requiredOption('--note <text>', 'how, for whoever looks later; never a patient’s identifier')
      .option('--subscription <id>', 'only this one, as the work item names it'),
    async () => (await load()).handledRecipient,
  );
  verb(
    program.command('reconcile').description('whether every event ended in a named state for everyone (operator)'),
    async () => (await load()).reconcile,
  );
  verb(
    signingIn(program.command('statement').description('what you sent and received on a day'))
      .argument('[date]', 'yyyy-mm-dd; default yesterday, as the exchange counts days')
      .option('--csv', 'as CSV')
      .option('--of <ods>', 'of this organisation, with the operator’s key'),
    async () => (await load()).statement,
  );
  verb(
    signingIn(program.command('work-items').description('what waits for a person of your organisation')),
    async () => (await load()).workItems,
  );
  verb(
    program
      .command('disclosures')
      .description('the record of who was shown the values of events')
      .command('verify')
      .description('whether it is whole and as it was written (operator); ends with 1 if not'),
    async () => (await import('../commands/disclosures.js')).verify,
  );
}
