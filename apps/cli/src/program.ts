import { Command, Option } from 'commander';

import type { Context } from './context.js';
import { EXIT_CODE_MEANINGS } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import type { GlobalOptions } from './settings.js';
import type { Streams } from './terminal.js';

/** A command's work: its arguments, its options, and what it ends with. */
export type Work<O> = (context: Context, options: O, ...args: string[]) => Promise<ExitCode>;

/** Gives the work a context and keeps its exit code. */
type Runner = (options: GlobalOptions, action: (context: Context) => Promise<ExitCode>) => Promise<void>;

/** Loads the work of a command when it is run, and only then: `--help` must not wait for it. */
type Loader<O> = () => Promise<Work<O>>;

const BY_SOURCE = new Option('--source <uri>', 'source of the event, where several publishers use the same id');

const CAN_SIGN_IN = [
  new Option('--org <ods>', 'organisation whose key to use (ODS code)'),
  new Option('--app <id>', 'application whose key to use, where the organisation has several'),
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

  const groups = { program, verb };
  addHouse(groups);
  addEvents(groups);
  addFollowing(groups);
  addOrganisations(groups);
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    });
  }
  return program;
}

interface Groups {
  readonly program: Command;
  readonly verb: <O>(command: Command, load: Loader<O>) => Command;
}

function addHouse({ program, verb }: Groups): void {
  program.commandsGroup('The house:');
  verb(
    program
      .command('dev')
      .description('start NATS, Redis, gateway, relay and ledger on this machine, and play one journey')
      .option('--no-demo', 'start the house alone'),
    async () => (await import('./commands/dev.js')).dev,
  );
  verb(
    signingIn(
      program.command('doctor').description('check this machine, the house and your token, first failure first'),
    ),
    async () => (await import('./commands/doctor.js')).doctor,
  );
  verb(
    program.command('completion').description('print completion for a shell').argument('<shell>', 'bash, zsh or fish'),
    async () => {
      const { completion } = await import('./commands/completion.js');
      return (context, _options, shell) => completion(context, program, shell);
    },
  );
}

function addEvents({ program, verb }: Groups): void {
  const events = 'one event, an array, or one event a line; a folder of such files; - for stdin';
  program.commandsGroup('Events:');
  verb(
    signingIn(program.command('publish').description('publish events; each is on disk when it is reported'))
      .argument('<file>', events)
      .option('--batch <n>', 'events a request', '100'),
    async () => (await import('./commands/publish.js')).publish,
  );
  verb(
    signingIn(program.command('validate').description('have events judged; nothing is stored')).argument(
      '<file>',
      events,
    ),
    async () => (await import('./commands/validate.js')).validate,
  );
  verb(
    signingIn(program.command('listen').description('receive events as they come, and hand them to a local address'))
      .argument('[types...]', 'types: exact, or ending in .*; default everything')
      .option('--forward-to <url>', 'where to POST each event, signed as a webhook')
      .option('--since <time>', 'begin at a time (RFC 3339) instead of now')
      .option('--max <n>', 'end after so many events')
      .option('--keep', 'leave the subscription in place at the end'),
    async () => (await import('./commands/listen.js')).listen,
  );
  verb(
    program
      .command('catalogue')
      .description('list the event types, or show one')
      .argument('[type]', 'a type; org.signalbox. may be left out'),
    async () => (await import('./commands/catalogue.js')).catalogue,
  );
}

function addFollowing({ program, verb }: Groups): void {
  program.commandsGroup('Following:');
  verb(
    signingIn(program.command('journey').description('where a journey is, who has it, what it waits for')).argument(
      '<id>',
      'journey id (correlationid)',
    ),
    async () => (await import('./commands/follow.js')).journey,
  );
  verb(
    signingIn(program.command('event').description('the state and steps of one event'))
      .argument('<id>', 'event id')
      .addOption(BY_SOURCE),
    async () => (await import('./commands/follow.js')).event,
  );
  verb(
    signingIn(program.command('explain').description('say what a code or rule means, or what happened to an event'))
      .argument('[what]', 'a code (SB-2003), a rule (nhs-number) or an event id; without it, every code')
      .addOption(BY_SOURCE),
    async () => (await import('./commands/explain.js')).explain,
  );
}

function addOrganisations({ program, verb }: Groups): void {
  program.commandsGroup('Organisations:');
  verb(
    signingIn(program.command('token').description('print a bearer token, for curl and the like')),
    async () => (await import('./commands/token.js')).token,
  );
  const load = () => import('./commands/organisations.js');

  const org = program.command('org').description('organisations');
  verb(
    org
      .command('add')
      .description('register an organisation')
      .argument('<ods>', 'ODS code')
      .argument('<name>', 'its name'),
    async () => (await load()).addOrganisation,
  );
  verb(org.command('list').description('list organisations'), async () => (await load()).listOrganisations);

  const app = program.command('app').description('applications of an organisation, and their keys');
  verb(
    app
      .command('add')
      .description('register an application; makes a key pair unless a public key is given')
      .argument('<ods>', 'ODS code')
      .argument('<id>', 'application id')
      .option('--name <name>', 'its name; default the id')
      .option('--public-key <file>', 'public JWK that the organisation made itself')
      .addOption(
        new Option('--algorithm <alg>', 'of a key made here')
          .choices(['ES256', 'EdDSA', 'RS512', 'PS256'])
          .default('ES256'),
      ),
    async () => (await load()).addApplication,
  );
  verb(
    app.command('list').description('list the applications of an organisation').argument('<ods>', 'ODS code'),
    async () => (await load()).listApplications,
  );

  const grant = program.command('grant').description('grants of an organisation');
  verb(
    grant
      .command('add')
      .description('allow an organisation something')
      .argument('<ods>', 'ODS code')
      .addOption(
        new Option('--action <action>', 'what it may do')
          .choices(['publish', 'subscribe', 'trace', 'administer'])
          .makeOptionMandatory(),
      )
      .requiredOption('--purpose <text>', 'why: direct care, …')
      .option('--types <pattern>', 'type, or pattern ending in .*', '*')
      .option('--application <id>', 'application; default all of the organisation', '*')
      .option('--expires <time>', 'RFC 3339; default until taken back'),
    async () => (await load()).addGrant,
  );
  verb(
    grant.command('list').description('list the grants of an organisation').argument('<ods>', 'ODS code'),
    async () => (await load()).listGrants,
  );
}

function signingIn(command: Command): Command {
  return CAN_SIGN_IN.reduce((it, option) => it.addOption(option), command);
}

/** The program and every command below it. */
function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function exitCodeHelp(): string {
  const rows = Object.entries(EXIT_CODE_MEANINGS).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`);
  return ['Exit codes:', ...rows].join('\n');
}
