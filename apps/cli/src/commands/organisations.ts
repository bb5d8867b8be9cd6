import { newKeyPair } from '@signalbox/client';
import type { Application, Client, Grant, KeyAlgorithm, Organisation } from '@signalbox/client';

import type { Context } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { OPERATOR, readPublicKey, writePrivateKey } from '../keys.js';
import { listed } from '../listing.js';
import { withPrefix } from '../types.js';

interface OrganisationDetails {
  readonly name?: string;
  readonly contact?: string;
  readonly egressAllow?: string;
}

/** `org add <ods> <name>` */
export async function addOrganisation(
  context: Context,
  options: OrganisationDetails,
  ods: string,
  name: string,
): Promise<ExitCode> {
  const operator = await asOperator(context);
  const made = await operator.administration.addOrganisation({ ods, name, ...detailsOf(options) });
  context.terminal.result(made, `organisation ${made.ods} (${made.name}) registered`);
  context.terminal.next(`signalbox app add ${ods} <application>${context.again({})}`);
  return EXIT_CODES.done;
}

/** `org change <ods>` */
export async function changeOrganisation(
  context: Context,
  options: OrganisationDetails,
  ods: string,
): Promise<ExitCode> {
  const change = { ...detailsOf(options), ...(options.name !== undefined && { name: options.name }) };
  refuseNothing(change);
  const operator = await asOperator(context);
  const changed = await operator.administration.changeOrganisation(ods, change);
  context.terminal.result(changed, `organisation ${changed.ods} (${changed.name}) changed`);
  return EXIT_CODES.done;
}

function detailsOf({ contact, egressAllow }: OrganisationDetails): Pick<Organisation, 'contact' | 'egressAllow'> {
  return {
    ...(contact !== undefined && { contact }),
    ...(egressAllow !== undefined && { egressAllow: listOf(egressAllow) }),
  };
}

/** Separated by commas; the empty text is the empty list. */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function refuseNothing(change: object): void {
  if (Object.keys(change).length === 0) throw new CommandFailure(EXIT_CODES.usage, 'Say what to change.');
}

/** `org list` */
export async function listOrganisations(context: Context): Promise<ExitCode> {
  const operator = await asOperator(context);
  const all = await operator.administration.organisations();
  return listed(context, all, (org) => [
    org.ods,
    org.active === false ? 'switched off' : 'active',
    org.name,
    org.contact ?? '',
    org.egressAllow?.join(',') ?? '',
  ]);
}

interface NewApplicationOptions {
  readonly name?: string;
  readonly publicKey?: string;
  readonly algorithm: KeyAlgorithm;
  readonly natsKeys?: string;
}

/**
 * `app add <ods> <id>`: the private key is written before the public one is registered, so that no application ends
 * up with a key that nobody holds.
 */
export async function addApplication(
  context: Context,
  options: NewApplicationOptions,
  ods: string,
  id: string,
): Promise<ExitCode> {
  const { terminal, settings } = context;
  const operator = await asOperator(context);
  let publicKey: Application['keys'][number];
  if (options.publicKey === undefined) {
    const pair = await newKeyPair(options.algorithm);
    const file = await writePrivateKey(settings.keysFolder, { org: ods, app: id }, pair.privateKey);
    terminal.note(`private key written to ${file} (readable by you alone; keep it secret)`);
    publicKey = pair.publicKey;
  } else {
    publicKey = await readPublicKey(options.publicKey);
  }
  const made = await operator.administration.addApplication(ods, {
    id,
    name: options.name ?? id,
    keys: [publicKey],
    ...natsKeysOf(options),
  });
  terminal.result(made, `application ${id} of ${ods} registered, key ${publicKey.kid ?? ''}`.trimEnd());
  terminal.next(
    `signalbox grant add ${ods} --action publish --purpose "direct care"${context.again({})}`,
    `signalbox token${context.again({ org: ods, app: id })}`,
  );
  return EXIT_CODES.done;
}

interface ApplicationDetails {
  readonly name?: string;
  readonly natsKeys?: string;
}

/** `app change <ods> <id>` */
export async function changeApplication(
  context: Context,
  options: ApplicationDetails,
  ods: string,
  id: string,
): Promise<ExitCode> {
  const change = { ...natsKeysOf(options), ...(options.name !== undefined && { name: options.name }) };
  refuseNothing(change);
  const operator = await asOperator(context);
  const changed = await operator.administration.changeApplication(ods, id, change);
  context.terminal.result(changed, `application ${changed.id} of ${changed.ods} changed`);
  return EXIT_CODES.done;
}

function natsKeysOf({ natsKeys }: ApplicationDetails): Pick<Application, 'natskeys'> {
  return natsKeys === undefined ? {} : { natskeys: listOf(natsKeys) };
}

/** `app list <ods>` */
export async function listApplications(context: Context, _options: object, ods: string): Promise<ExitCode> {
  const operator = await asOperator(context);
  const all = await operator.administration.applications(ods);
  return listed(context, all, (app) => [
    app.id,
    app.active === false ? 'switched off' : 'active',
    `${app.keys.length} key(s)`,
    app.name,
  ]);
}

interface NewGrantOptions extends Pick<Grant, 'action' | 'types' | 'purpose' | 'basis' | 'expires'> {
  readonly application: string;
}

/** `grant add <ods>` */
export async function addGrant(context: Context, options: NewGrantOptions, ods: string): Promise<ExitCode> {
  const operator = await asOperator(context);
  const { application, action, purpose, basis, expires } = options;
  const types = withPrefix(options.types);
  const optional = { ...(basis !== undefined && { basis }), ...(expires !== undefined && { expires }) };
  const grant = { application, action, types, purpose, ...optional };
  const made = await operator.administration.addGrant(ods, grant);
  context.terminal.result(made, `grant ${made.id}: ${ods} may ${action} ${types} for ${purpose}`);
  return EXIT_CODES.done;
}

/** `grant list <ods>` */
export async function listGrants(context: Context, _options: object, ods: string): Promise<ExitCode> {
  const operator = await asOperator(context);
  const all = await operator.administration.grants(ods);
  return listed(context, all, (grant) => [
    grant.id,
    grant.application,
    grant.action,
    grant.types,
    grant.expires === undefined ? 'no expiry' : `until ${grant.expires}`,
    grant.purpose,
    grant.basis ?? '',
  ]);
}

function asOperator(context: Context): Promise<Client> {
  return context.client(OPERATOR);
}
