import { signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** Publishing, and what may be published. */
export function addEvents({ program, verb }: Verbs): void {
  const events = 'one event, an array, or one event a line; a folder of such files; - for stdin';
  program.commandsGroup('Events:');
  verb(
    signingIn(program.command('publish').description('publish events; each is on disk when it is reported'))
      .argument('<file>', events)
      .option('--batch <n>', 'events a request', '100'),
    async () => (await import('../commands/publish.js')).publish,
  );
  verb(
    signingIn(program.command('validate').description('have events judged; nothing is stored')).argument(
      '<file>',
      events,
    ),
    async () => (await import('../commands/validate.js')).validate,
  );
  verb(
    program
      .command('catalogue')
      .description('list the event types, or show one')
      .argument('[type]', 'a type; org.signalbox. may be left out'),
    async () => (await import('../commands/catalogue.js')).catalogue,
  );
}
