import type { Strictness } from '@signalbox/client';
import { Argument, Option } from 'commander';
import type { Command } from 'commander';

import { carefully, signingIn } from './verb.js';
import type { Verbs } from './verb.js';

const load = () => import('../commands/stage.js');
/** Listed here too, checked by the compiler: help is shown without loading the contracts. */
const STRICTNESSES = Object.keys({ observe: true, warn: true, enforce: true } satisfies Record<Strictness, true>);

/** How strictly a publisher's events are judged. */
export function addStages({ program, verb }: Verbs): void {
  const stage = program.command('stage').description('how strictly the events of a publisher are judged');
  const of = (name: string, description: string): Command =>
    signingIn(stage.command(name).description(description)).argument('<ods>', 'ODS code of the publisher');
  const type = (command: Command): Command =>
    command.argument('<type>', 'event type, pattern ending in .*, or *; org.signalbox. may be left out');
  verb(of('list', 'what was set'), async () => (await load()).listStages);
  verb(
    type(of('impact', 'what a stage would have done to its newest events')).addOption(
      new Option('--strictness <word>', 'the stage that is asked about').choices(STRICTNESSES).default('enforce'),
    ),
    async () => (await load()).stageImpact,
  );
  verb(
    carefully(
      type(of('set', 'judge so: shows what it does, then asks')).addArgument(
        new Argument('<strictness>', 'observe: record; warn: and tell the publisher; enforce: refuse').choices(
          STRICTNESSES,
        ),
      ),
    ).option('--from <time>', 'RFC 3339; default at once'),
    async () => (await load()).setStage,
  );
  verb(carefully(type(of('back', 'what it was before the last change'))), async () => (await load()).rollBackStage);
  verb(carefully(type(of('clear', 'take back what was set'))), async () => (await load()).clearStage);
}
