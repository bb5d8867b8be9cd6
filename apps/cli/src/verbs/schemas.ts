import { signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** Contracts under change: what a new version breaks, and whether a type's folder is as it must be. */
export function addSchemas({ program, verb }: Verbs): void {
  program.commandsGroup('Contracts:');
  const schema = program.command('schema').description('compare versions of a type, and check a type’s folder');
  const version = 'a type and version (booking.booked@1), or the folder of one';
  const folder = 'folder of schemas (default: the one of this project)';
  verb(
    signingIn(
      schema
        .command('diff')
        .description(
          'what changed from one version to another, what it breaks, and an event that shows it; ends with 1 if it breaks',
        )
        .argument('<older>', version)
        .argument('<newer>', version),
    )
      .option('--schemas <folder>', folder)
      .option('--impact', 'who was seen to use the older version, as far as you may know (asks the ledger)'),
    async () => (await import('../commands/schema.js')).diff,
  );
  verb(
    schema
      .command('lint')
      .description('whether a type’s folder may be published as it is; ends with 1 if not')
      .argument('<folder>', version)
      .option('--schemas <folder>', folder),
    async () => (await import('../commands/schema.js')).lint,
  );
}
