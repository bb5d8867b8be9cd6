import { nkeys } from '@nats-io/transport-node';
import { FAMILIES, streamOf } from './topology.js';

/** An organisation that speaks NATS itself, with the systems of it that may connect. */
export interface Tenant {
  /** ODS code: the name of its account, of its inbox stream, and the token that the server stamps on what it publishes. */
  readonly ods: string;
  readonly applications: readonly { readonly id: string; readonly natskeys: readonly string[] }[];
}

/** What one organisation may take of the server, so that none can take it from the others. */
export interface TenantLimits {
  readonly connections: number;
  readonly subscriptions: number;
  /** Bytes of one message. */
  readonly payloadBytes: number;
  /** Leaf nodes of its own that may connect. */
  readonly leafnodes: number;
}

/** Large enough for any event, small enough that a mistake of one organisation stays its own. */
export const TENANT_LIMITS: TenantLimits = {
  connections: 20,
  subscriptions: 500,
  payloadBytes: 1536 * 1024,
  leafnodes: 4,
};

/** The accounts file, and what had to be left out of it. */
export interface RenderedAccounts {
  readonly text: string;
  /** ODS codes with an account. */
  readonly accounts: readonly string[];
  /** One sentence each. */
  readonly leftOut: readonly string[];
}

/** Where a tenant's client finds its consumers: the client library's setting `apiPrefix`, `--js-api-prefix` of the tools. */
export const TENANT_API_PREFIX = 'JS.SIGNALBOX.API';

/** The account in which the house itself lives. */
const HOUSE_ACCOUNT = 'EXCHANGE';
const ODS = /^[A-Z0-9]{3,12}$/;
const APPLICATION = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Names that the house has given already, to accounts and to streams: an organisation of that name would own them. */
const RESERVED = new Set(['SYS', HOUSE_ACCOUNT, 'STEPS', 'REJECTED', 'PARKED', 'DEPOSITS', ...FAMILIES.map(streamOf)]);

/** Whether an organisation of this code can have an account and an inbox of its own. */
export function isTenantName(ods: string): boolean {
  return ODS.test(ods) && !RESERVED.has(ods);
}

/** Whether a text is the public NKey of a user (`U…`), its check sum included. */
export function isUserKey(text: string): boolean {
  if (!/^U[A-Z2-7]{55}$/.test(text)) return false;
  try {
    nkeys.fromPublic(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The accounts of the tenants as `nats-server` reads them, to be included in the `accounts` block of its configuration.
 * What is published in an account arrives in the house's under the account's own name, set by the server. Nothing of the
 * registry gets into the file unless it has exactly the form that it must have, since the file decides who may do what;
 * a key that stands for two applications stands for neither.
 */
export function renderAccounts(tenants: readonly Tenant[], limits: TenantLimits = TENANT_LIMITS): RenderedAccounts {
  const leftOut: string[] = [];
  const claimed = claims(tenants);
  const accounts: string[] = [];
  const blocks: string[] = [];
  for (const { ods, applications } of [...tenants].sort(byOds)) {
    if (!isTenantName(ods)) {
      leftOut.push(`${ODS.test(ods) ? ods : 'An organisation'} has a name that no account can have.`);
      continue;
    }
    const users = applications.flatMap(({ id, natskeys }) =>
      natskeys.flatMap((key) => {
        const reason = reasonAgainst(id, key, claimed);
        if (reason === undefined) return [userOf(ods, id, key)];
        leftOut.push(`A key of ${ods} ${reason}`);
        return [];
      }),
    );
    if (users.length === 0) continue;
    accounts.push(ods);
    blocks.push(accountOf(ods, users, limits));
  }
  const head = '# Made from the registry: whatever is changed here by hand is overwritten.\n';
  return { text: head + blocks.join(''), accounts, leftOut };
}

const byOds = (a: Tenant, b: Tenant): number => (a.ods < b.ods ? -1 : 1);

/** How often each key is named. */
function claims(tenants: readonly Tenant[]): ReadonlyMap<string, number> {
  const keys = tenants.flatMap(({ applications }) => applications.flatMap(({ natskeys }) => natskeys));
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function reasonAgainst(application: string, key: string, claimed: ReadonlyMap<string, number>): string | undefined {
  if (!APPLICATION.test(application)) return 'belongs to an application whose id cannot stand in a subject.';
  if (!isUserKey(key)) return 'is no public NKey of a user.';
  return (claimed.get(key) ?? 0) > 1 ? 'is given for several applications.' : undefined;
}

function userOf(ods: string, application: string, key: string): string {
  return `    {
      nkey: ${key}
      permissions {
        publish: [
          "publish.>"
          "${TENANT_API_PREFIX}.CONSUMER.MSG.NEXT.${ods}.*"
          "${TENANT_API_PREFIX}.CONSUMER.INFO.${ods}.*"
          "$JS.ACK.${ods}.>"
        ]
        subscribe: ["_INBOX_${application}.>"]
      }
    }
`;
}

function accountOf(ods: string, users: readonly string[], limits: TenantLimits): string {
  const service = (subject: string, to?: string): string =>
    `    { service: { account: ${HOUSE_ACCOUNT}, subject: "${subject}" }${to === undefined ? '' : `, to: "${to}"`} }\n`;
  return `
"${ods}" {
  users: [
${users.join('')}  ]
  limits {
    max_connections: ${String(limits.connections)}
    max_subscriptions: ${String(limits.subscriptions)}
    max_payload: ${String(limits.payloadBytes)}
    max_leafnodes: ${String(limits.leafnodes)}
  }
  imports: [
${service(`publish.${ods}.org.signalbox.>`, 'publish.org.signalbox.>')}${['CONSUMER.MSG.NEXT', 'CONSUMER.INFO']
    .map((call) => service(`$JS.API.${call}.${ods}.*`, `${TENANT_API_PREFIX}.${call}.${ods}.*`))
    .join('')}${service(`$JS.ACK.${ods}.>`)}  ]
}
`;
}
