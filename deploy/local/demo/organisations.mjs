/** The three organisations of the demonstration, made through the operator's own calls. All of it is synthetic. */
import { createClient, SignalboxError } from '@signalbox/client';
import { PEOPLE } from '../identity/people.mjs';
import { applicationKey, OPERATOR, publicJwk } from '../secrets.mjs';

/**
 * @typedef {import('@signalbox/client').Client} Client
 * @typedef {{ ods: string, name: string, application: string, title: string, publishes: string[] }} DemoOrganisation
 */

/** @type {Record<'practice' | 'hospital' | 'laboratory', DemoOrganisation>} */
export const DEMO = {
  practice: {
    ods: 'X9G1P',
    name: 'Elmfield Surgery',
    application: 'referrals',
    title: 'Referrals of the practice system',
    publishes: ['org.signalbox.referral.*', 'org.signalbox.result.acknowledged.v1'],
  },
  hospital: {
    ods: 'X9H2T',
    name: 'Marlow Vale Hospitals NHS Trust',
    application: 'bookings',
    title: 'Bookings of the patient administration system',
    publishes: ['org.signalbox.referral.*', 'org.signalbox.booking.*', 'org.signalbox.result.acknowledged.v1'],
  },
  laboratory: {
    ods: 'X9L3B',
    name: 'North Vale Pathology',
    application: 'lims',
    title: 'Laboratory information system',
    publishes: ['org.signalbox.result.*'],
  },
};

const PURPOSE = 'direct care (demonstration)';
/** The exchange refused because what was to be made is there already. */
const EXISTS = 'SB-4091';

/** @param {Promise<unknown>} making */
async function unlessThere(making) {
  try {
    await making;
    return true;
  } catch (error) {
    if (error instanceof SignalboxError && error.code === EXISTS) return false;
    throw error;
  }
}

/**
 * A client of one application, with the private key that lies in the keys folder.
 * @param {string} gateway
 * @param {string} keysFolder
 * @param {string} ods
 * @param {string} application
 */
export function clientOf(gateway, keysFolder, ods, application) {
  const privateKey = applicationKey(keysFolder, ods, application);
  return createClient({ gateway, credentials: { organisation: ods, application, privateKey } });
}

/**
 * Registers the key that lies here where the exchange knows another: somebody has deleted the keys and kept the data.
 * @param {Client} operator
 * @param {DemoOrganisation} organisation
 * @param {import('../secrets.mjs').Jwk} key
 */
async function ensureKey(operator, { ods, application }, key) {
  const known = (await operator.administration.applications(ods)).find(({ id }) => id === application);
  if (known?.keys.some(({ kid }) => kid === key.kid)) return;
  const answer = await fetch(new URL(`organisations/${ods}/applications/${application}`, `${operator.gateway}/`), {
    method: 'PATCH',
    headers: { authorization: `Bearer ${await operator.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ keys: [key] }),
  });
  if (!answer.ok) throw new Error(`The key of ${ods}.${application} could not be registered: ${await answer.text()}`);
}

/**
 * @param {Client} operator
 * @param {DemoOrganisation} organisation
 */
async function ensureGrants(operator, { ods, application, publishes }) {
  const wanted = /** @type {['publish' | 'subscribe' | 'trace', string][]} */ ([
    ...publishes.map((types) => ['publish', types]),
    ['subscribe', 'org.signalbox.*'],
    ['trace', 'org.signalbox.*'],
  ]);
  const have = await operator.administration.grants(ods);
  for (const [action, types] of wanted) {
    if (have.some((grant) => grant.action === action && grant.types === types && grant.application === application))
      continue;
    await operator.administration.addGrant(ods, { application, action, types, purpose: PURPOSE });
  }
}

/**
 * Lets the people of the development provider sign in, each for their organisations.
 * @param {string} gateway
 * @param {string} keysFolder
 * @param {string} issuer address of the provider
 */
export async function ensurePeople(gateway, keysFolder, issuer) {
  const { administration } = clientOf(gateway, keysFolder, OPERATOR.ods, OPERATOR.application);
  for (const { subject, name, belongs } of PEOPLE) {
    for (const { ods, roles } of belongs) {
      await unlessThere(administration.addPerson(ods, { issuer, subject, name, roles }));
    }
  }
}

/**
 * The three of the demonstration: makes what is missing; a second call changes nothing.
 * @param {string} gateway
 * @param {string} keysFolder
 */
export function ensureOrganisations(gateway, keysFolder) {
  return ensureCast(gateway, keysFolder, DEMO);
}

/**
 * The same for whoever takes part.
 * @template {string} Name
 * @param {string} gateway
 * @param {string} keysFolder
 * @param {Record<Name, DemoOrganisation>} cast
 * @returns {Promise<{ clients: Record<Name, Client>, made: number }>}
 */
export async function ensureCast(gateway, keysFolder, cast) {
  const operator = clientOf(gateway, keysFolder, OPERATOR.ods, OPERATOR.application);
  let made = 0;
  for (const organisation of /** @type {DemoOrganisation[]} */ (Object.values(cast))) {
    const { ods, name, application, title } = organisation;
    if (await unlessThere(operator.administration.addOrganisation({ ods, name }))) made += 1;
    const key = publicJwk(applicationKey(keysFolder, ods, application));
    const isNew = await unlessThere(
      operator.administration.addApplication(ods, { id: application, name: title, keys: [key] }),
    );
    if (!isNew) await ensureKey(operator, organisation, key);
    await ensureGrants(operator, organisation);
  }
  const clients = /** @type {[string, DemoOrganisation][]} */ (Object.entries(cast)).map(
    ([role, { ods, application }]) => [role, clientOf(gateway, keysFolder, ods, application)],
  );
  return { clients: /** @type {Record<Name, Client>} */ (Object.fromEntries(clients)), made };
}
