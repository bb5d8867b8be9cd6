import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { createClient, type Client, type Grant } from '@signalbox/client';
import { startHouse as startLocalHouse } from '../../deploy/local/house.mjs';
import { applicationKey, OPERATOR, publicJwk } from '../../deploy/local/secrets.mjs';
import { waitFor } from './condition.js';
import { layEmptyDatabase } from './empty-database.js';
import { temporaryFolder } from './folders.js';
import { freePorts } from './ports.js';
import { connectTenant, newNatsKey } from './tenant.js';

type LocalHouse = Awaited<ReturnType<typeof startLocalHouse>>;

/** An organisation with one application, as a test wants it. */
export interface Member {
  ods: string;
  name?: string;
  /** `system` if not told. */
  application?: string;
  /** Pairs of action and type pattern, such as `['publish', 'org.signalbox.result.*']`. */
  grants: readonly (readonly [action: Grant['action'], types: string])[];
}

/** The whole house of `npm start`, built, on free ports and a folder of its own. */
export interface TestHouse extends LocalHouse {
  /** A client with the operator's key. */
  readonly operator: Client;
  /** Registers an organisation with an application, a key and grants, and answers its client. */
  enrol(member: Member): Promise<Client>;
  /** A client of an application that `enrol` has registered. */
  client(ods: string, application?: string): Client;
  /** Gives an enrolled application a key for NATS, waits until its account is in force, and connects with it. */
  nats(ods: string, application?: string): Promise<NatsConnection>;
}

const DEFAULT_APPLICATION = 'system';

/**
 * Starts the house for one test file. Its `stop` removes the folder too, unless the caller brought one.
 * @throws what the process that did not start said last
 */
export async function startHouse(
  options: {
    apps?: ('gateway' | 'relay' | 'ledger')[];
    env?: Record<string, string>;
    dataFolder?: string;
    identity?: boolean;
    engine?: { url: string; monitorUrl: string };
  } = {},
): Promise<TestHouse> {
  const folder =
    options.dataFolder === undefined ? temporaryFolder('house') : { path: options.dataFolder, remove: () => undefined };
  const [gateway, ledger, relay, nats, natsMonitor, redis, receiver, identity] = (await freePorts(8)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (options.apps?.includes('ledger') ?? true) await layEmptyDatabase(join(folder.path, 'data', 'ledger'));
  const house = await startLocalHouse({
    // Most tests sign people in without a provider: see signIn.
    identity: false,
    ...options,
    dataFolder: folder.path,
    ports: { gateway, ledger, relay, nats, natsMonitor, redis, receiver, identity },
    quiet: true,
  }).catch((error: unknown) => {
    folder.remove();
    throw error;
  });
  const { keys } = house.folders;
  const client = (ods: string, application = DEFAULT_APPLICATION): Client =>
    createClient({
      gateway: house.urls.gateway,
      credentials: { organisation: ods, application, privateKey: applicationKey(keys, ods, application) },
    });
  const operator = client(OPERATOR.ods, OPERATOR.application);
  return {
    ...house,
    operator,
    client,
    enrol: async ({ ods, name = `Organisation ${ods}`, application = DEFAULT_APPLICATION, grants }) => {
      const key = publicJwk(applicationKey(keys, ods, application));
      await operator.administration.addOrganisation({ ods, name });
      await operator.administration.addApplication(ods, { id: application, name: application, keys: [key] });
      for (const [action, types] of grants) {
        await operator.administration.addGrant(ods, { application, action, types, purpose: 'test' });
      }
      return client(ods, application);
    },
    nats: async (ods, application = DEFAULT_APPLICATION) => {
      const key = newNatsKey();
      const answer = await fetch(`${house.urls.gateway}/organisations/${ods}/applications/${application}`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${await operator.token()}`, 'content-type': 'application/json' },
        body: JSON.stringify({ natskeys: [key.publicKey] }),
      });
      if (!answer.ok) throw new Error(`no key for NATS: ${await answer.text()}`);
      const [accounts, unread] = ['conf', 'unread'].map((end) => join(house.folders.data, 'engine', `accounts.${end}`));
      const patient = { within: 30_000 };
      // Before the server has read them to the end, nobody responds to a new account.
      await waitFor(
        `the key of ${ods} to be in force`,
        () => readFileSync(accounts!, 'utf8').includes(key.publicKey) && !existsSync(unread!),
        patient,
      );
      return waitFor(`the account of ${ods}`, () => connectTenant(house.urls.nats, key, application), patient);
    },
    stop: async () => {
      await house.stop();
      folder.remove();
    },
  };
}
