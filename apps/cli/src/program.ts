import { Command } from 'commander';

import type { Context } from './context.js';
import { EXIT_CODE_MEANINGS } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import type { GlobalOptions } from './settings.js';
import type { Streams } from './terminal.js';
import { addDeadlines } from './verbs/deadlines.js';
import { addEvents } from './verbs/events.js';
import { addFollowing } from './verbs/following.js';
import { addHouse } from './verbs/house.js';
import { addOrganisations } from './verbs/organisations.js';
import { addOutages } from './verbs/outages.js';
import { addProof } from './verbs/proof.js';
import { addReceiving } from './verbs/receiving.js';
import { addStuck } from './verbs/stuck.js';
import { addSchemas } from './verbs/schemas.js';
import { addStages } from './verbs/stages.js';
import type { Loader, Verbs } from './verbs/verb.js';

/** Gives the work a context and keeps its exit code. */
type Runner = (options: GlobalOptions, action: (context: Context) => Promise<ExitCode>) => Promise<void>;

/** The verbs in the order of the help: one file a group. */
const GROUPS: readonly ((verbs: Verbs) => void)[] = [
  addHouse,
  addEvents,
  addReceiving,
  addFollowing,
  addStuck,
  addProof,
  addOrganisations,
  addStages,
  addSchemas,
  addDeadlines,
  addOutages,
];

/** The command `signalbox` with all its verbs. */
export function buildProgram(streams: Streams, runner: Runner): Command {
  const program = new Command('signalbox')
    .description('Referral, booking and result events: publish, receive, follow.')
    .version('0.1.0', '-V, --version', 'print the version')
    .option('--json', 'newline-delimited JSON on stdout, names as in the HTTP API')
    .option('--gateway <url>', 'address of the gateway (SIGNALBOX_GATEWAY_URL)')
    .option('--ledger <url>', 'address of the ledger (SIGNALBOX_LEDGER_URL)')
    .option('--keys <folder>', 'folder of private keys (SIGNALBOX_KEYS_FOLDER)')
    .option('--debug', 'show the stack of an unforeseen error')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', `\n${exitCodeHelp()}\n\nStart with: signalbox dev`)
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for what it takes)');
  const verb = <O>(command: Command, load: Loader<O>): Command =>
    command.action(async () => {
      const options = command.optsWithGlobals<O & GlobalOptions>();
      const args = command.processedArgs as string[];
      await runner(options, async (context) => (await load())(context, options, ...args));
    });

  for (const add of GROUPS) add({ program, verb });
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    });
  }
  return program;
}

/** The program and every command below it. */
function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function exitCodeHelp(): string {
  const rows = Object.entries(EXIT_CODE_MEANINGS).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`);
  return ['Exit codes:', ...rows].join('\n');
}
