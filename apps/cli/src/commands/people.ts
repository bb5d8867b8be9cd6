import type { Client, Person, PersonRole } from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { OPERATOR } from '../keys.js';
import { listed } from '../listing.js';

/** `people list <ods>` */
export async function listPeople(context: Context, _options: object, ods: string): Promise<ExitCode> {
  const all = await (await asOperator(context)).administration.people(ods);
  return listed(context, all, personRow);
}

/** Somebody in a list: what tells them from others, and whether they may sign in. */
export function personRow({ id, name, roles, active, expires, subject, issuer }: Person): string[] {
  const until = expires === undefined ? 'may sign in' : `may sign in until ${expires}`;
  return [id, active ? until : 'switched off', roles.join(', '), name, subject, issuer];
}

interface NewPersonOptions {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  readonly role: readonly PersonRole[];
  readonly expires?: string;
}

/** `people add <ods>` */
export async function addPerson(context: Context, options: NewPersonOptions, ods: string): Promise<ExitCode> {
  const { issuer, subject, name, role: roles, expires } = options;
  const person = { issuer, subject, name, roles, ...(expires !== undefined && { expires }) };
  const made = await (await asOperator(context)).administration.addPerson(ods, person);
  context.terminal.result(made, `${made.name} (${made.id}) may sign in for ${ods}: ${made.roles.join(', ')}`);
  return EXIT_CODES.done;
}

interface PersonChangeOptions {
  readonly name?: string;
  readonly role?: readonly PersonRole[];
  readonly expires?: string;
  readonly off?: boolean;
  readonly on?: boolean;
}

/** `people change <ods> <id>`: it holds for their next request. */
export async function changePerson(
  context: Context,
  options: PersonChangeOptions,
  ods: string,
  id: string,
): Promise<ExitCode> {
  const change = personChange(options);
  const changed = await (await asOperator(context)).administration.changePerson(ods, id, change);
  context.terminal.result(changed, `${changed.name} (${changed.id}) of ${ods} changed: ${changed.roles.join(', ')}`);
  return EXIT_CODES.done;
}

/**
 * What is sent of the options.
 * @throws {@link CommandFailure} (usage) where nothing is to be changed, or both on and off
 */
export function personChange({ name, role, expires, on, off }: PersonChangeOptions) {
  if (on === true && off === true) throw new CommandFailure(EXIT_CODES.usage, 'Say --on or --off, not both.');
  const change = {
    ...(name !== undefined && { name }),
    ...(role !== undefined && { roles: role }),
    ...(expires !== undefined && { expires: expires === 'never' ? null : expires }),
    ...((on === true || off === true) && { active: on === true }),
  };
  if (Object.keys(change).length === 0) throw new CommandFailure(EXIT_CODES.usage, 'Say what to change.');
  return change;
}

/** `people remove <ods> <id>` */
export async function removePerson(
  context: Context,
  options: CarefulOptions,
  ods: string,
  id: string,
): Promise<ExitCode> {
  const { administration } = await asOperator(context);
  return carefully(context, options, {
    plan: async () => (await administration.people(ods)).find((person) => person.id === id),
    show: (person) => {
      if (person !== undefined) context.terminal.note(personRow(person).join('  '));
    },
    question: (person) => (person === undefined ? undefined : `Remove ${person.name} from ${ods}?`),
    carryOut: async (person) => {
      await administration.removePerson(ods, id);
      context.terminal.result({ ods, id }, `${person?.name ?? id} does not belong to ${ods} any more`);
      return EXIT_CODES.done;
    },
  });
}

function asOperator(context: Context): Promise<Client> {
  return context.client(OPERATOR);
}
