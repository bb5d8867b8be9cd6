import { Option } from 'commander';

import { signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** Organisations, applications, grants, tokens. */
export function addOrganisations({ program, verb }: Verbs): void {
  program.commandsGroup('Organisations:');
  verb(
    signingIn(program.command('token').description('print a bearer token, for curl and the like')),
    async () => (await import('../commands/token.js')).token,
  );
  const load = () => import('../commands/organisations.js');

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
