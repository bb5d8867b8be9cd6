import type { PersonRole } from '@signalbox/client';
import { Option } from 'commander';
import type { Command } from 'commander';

import { carefully, signingIn } from './verb.js';
import type { Verbs } from './verb.js';

const load = () => import('../commands/organisations.js');

/** Organisations, applications, grants, tokens. */
export function addOrganisations(verbs: Verbs): void {
  const { program, verb } = verbs;
  program.commandsGroup('Organisations:');
  verb(
    signingIn(program.command('token').description('print a bearer token, for curl and the like')),
    async () => (await import('../commands/token.js')).token,
  );
  addOrg(verbs);
  addApp(verbs);
  addGrant(verbs);
  addPeople(verbs);
}

function addOrg({ program, verb }: Verbs): void {
  const org = program.command('org').description('organisations');
  const details = (command: Command): Command =>
    command
      .option('--contact <text>', 'how people reach it when something of theirs needs a person')
      .option('--egress-allow <list>', 'private hosts, addresses and CIDRs that its sinks may be at, by commas');
  verb(
    details(
      org
        .command('add')
        .description('register an organisation')
        .argument('<ods>', 'ODS code')
        .argument('<name>', 'its name'),
    ),
    async () => (await load()).addOrganisation,
  );
  verb(
    details(org.command('change').description('change what is known of one').argument('<ods>', 'ODS code')).option(
      '--name <name>',
      'its name',
    ),
    async () => (await load()).changeOrganisation,
  );
  verb(org.command('list').description('list organisations'), async () => (await load()).listOrganisations);
}

function addApp({ program, verb }: Verbs): void {
  const app = program.command('app').description('applications of an organisation, and their keys');
  const on = (name: string, description: string): Command =>
    app
      .command(name)
      .description(description)
      .argument('<ods>', 'ODS code')
      .argument('<id>', 'application id')
      .option('--nats-keys <list>', 'public NKeys (U…) by which it may connect to the engine, by commas');
  verb(
    on('add', 'register an application; makes a key pair unless a public key is given')
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
    on('change', 'change what is known of one').option('--name <name>', 'its name'),
    async () => (await load()).changeApplication,
  );
  verb(
    app.command('list').description('list the applications of an organisation').argument('<ods>', 'ODS code'),
    async () => (await load()).listApplications,
  );
}

function addGrant({ program, verb }: Verbs): void {
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
      .option('--basis <text>', 'on which legal basis data is shared: an article, an agreement')
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

/** Listed here too, checked by the compiler: help is shown without loading the contracts. */
const ROLES = Object.keys({
  viewer: true,
  operator: true,
  'information-governance': true,
  administrator: true,
} satisfies Record<PersonRole, true>);
const roles = () => new Option('--role <role...>', 'what they may do, one or more').choices(ROLES);

function addPeople({ program, verb }: Verbs): void {
  const work = () => import('../commands/people.js');
  const people = program.command('people').description('who signs in to the console for an organisation');
  const of = (name: string, description: string): Command =>
    people.command(name).description(description).argument('<ods>', 'ODS code');
  const one = (name: string, description: string): Command =>
    of(name, description).argument('<id>', 'id of the person');
  verb(of('list', 'list them, with their roles'), async () => (await work()).listPeople);
  verb(
    of('add', 'let somebody sign in')
      .requiredOption('--issuer <url>', 'the provider that they sign in with, as it stands in iss')
      .requiredOption('--subject <text>', 'who they are there, as it stands in sub')
      .requiredOption('--name <name>', 'what they are called')
      .addOption(roles().makeOptionMandatory())
      .option('--expires <time>', 'RFC 3339; default until removed'),
    async () => (await work()).addPerson,
  );
  verb(
    one('change', 'change what they may do; it holds for their next request')
      .option('--name <name>', 'what they are called')
      .addOption(roles())
      .option('--expires <time>', 'RFC 3339, or never')
      .option('--off', 'switch them off')
      .option('--on', 'switch them on again'),
    async () => (await work()).changePerson,
  );
  verb(carefully(one('remove', 'remove them')), async () => (await work()).removePerson);
}
