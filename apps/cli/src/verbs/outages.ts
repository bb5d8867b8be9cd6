import type { OutageReason } from '@signalbox/client';
import { Option } from 'commander';
import type { Command } from 'commander';

import { signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** Listed here too, checked by the compiler: help is shown without loading the contracts. */
const REASONS = Object.keys({
  'planned-maintenance': true,
  'system-failure': true,
  'network-failure': true,
  'supplier-failure': true,
  'security-incident': true,
  'power-or-building': true,
  other: true,
} satisfies Record<OutageReason, true>);

/** That an organisation's events stay away, and that it is back. */
export function addOutages({ program, verb }: Verbs): void {
  const load = () => import('../commands/outage.js');
  const outage = program.command('outage').description('that the events of an organisation stay away for a while');
  const of = (name: string, description: string): Command =>
    signingIn(outage.command(name).description(description)).argument('<ods>', 'ODS code of the organisation');
  verb(
    of('declare', 'say that they stay away; whoever subscribes to them is told')
      .addOption(new Option('--reason <reason>', 'why').choices(REASONS).makeOptionMandatory())
      .option('--types <list>', 'types or patterns that stay away, by commas; default all that it may publish')
      .option('--expected-end <time>', 'when it expects to be back: RFC 3339, with zone')
      .option('--note <text>', 'what receivers should know; never a patient'),
    async () => (await load()).declareOutage,
  );
  verb(of('end', 'say that it is back').argument('<id>', 'id of the outage'), async () => (await load()).endOutage);
  verb(
    of('list', 'its outages, the newest first').option('--open', 'only those that go on'),
    async () => (await load()).listOutages,
  );
}
