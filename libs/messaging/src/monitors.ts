import { EngineRefusal } from './errors.js';

/** A server of the engine's cluster. */
export interface ClusterMember {
  readonly server: string;
  readonly leads: boolean;
  readonly current: boolean;
  readonly offline: boolean;
}

/** Name and members of a cluster. */
export interface Cluster {
  readonly name: string;
  readonly members: readonly ClusterMember[];
}

/** What only monitors tell. */
export interface Monitored {
  /** Bytes on disk, and most that they may take, of the server with the least room left. */
  readonly used?: number;
  readonly limit?: number;
  readonly cluster?: Cluster;
}

const CONDITION_WITHIN_MS = 2_000;
const START_WITHIN_MS = 5_000;
/** Servers tell one another every second that they are there; the engine itself takes minutes to call one offline. */
const AWAY_AFTER_MS = 5_000;

/**
 * An acknowledgement is not an fsync unless the server was told so. Of several servers those that answer are judged: one
 * that is away must keep no app from starting.
 *
 * @param addresses of the monitors, separated by commas
 * @throws EngineRefusal for a server that does not fsync first, and when no monitor answers
 */
export async function refuseUnsyncedServers(addresses: string): Promise<void> {
  const asked = await Promise.allSettled(
    each(addresses).map((address) => ask<Varz>(address, '/varz', START_WITHIN_MS)),
  );
  const answers = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (answers.length === 0) {
    const [cause] = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    throw new EngineRefusal(`The monitoring address of nats-server does not answer at ${addresses}`, { cause });
  }
  for (const { server_name: server = 'nats-server', jetstream } of answers) {
    if (jetstream?.config === undefined) throw new EngineRefusal(`JetStream is not switched on in ${server}.`);
    if (jetstream.config.sync_always === true) continue;
    throw new EngineRefusal(
      `${server} acknowledges before it fsyncs: set \`sync_interval: always\` in its jetstream block. ` +
        'Without it a power cut loses events that were accepted.',
    );
  }
}

/**
 * The bounds of the disks and who is in the cluster; nothing while no monitor answers.
 *
 * @param addresses of the monitors, separated by commas
 */
export async function monitored(addresses: string): Promise<Monitored> {
  const asked = await Promise.allSettled(
    each(addresses).map((address) => ask<Jsz>(address, '/jsz', CONDITION_WITHIN_MS)),
  );
  const answers = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [fullest] = answers.toSorted((one, other) => share(other) - share(one));
  const limit = positive(fullest?.config?.max_storage);
  const cluster = clusterOf(answers);
  return {
    ...(fullest?.storage !== undefined && { used: fullest.storage }),
    ...(limit !== undefined && { limit }),
    ...(cluster && { cluster }),
  };
}

/** `undefined` instead of what the engine writes for no bound. */
export function positive(bound: number | undefined): number | undefined {
  return bound !== undefined && bound > 0 ? bound : undefined;
}

interface Varz {
  readonly server_name?: string;
  readonly jetstream?: { readonly config?: { readonly sync_always?: boolean } };
}

interface Jsz {
  readonly storage?: number;
  readonly config?: { readonly max_storage?: number };
  readonly meta_cluster?: MetaCluster;
}

interface MetaCluster {
  readonly name?: string;
  readonly leader?: string;
  readonly replicas?: readonly Replica[];
}

interface Replica {
  readonly name: string;
  readonly current?: boolean;
  readonly offline?: boolean;
  /** Nanoseconds since the leader heard from it; 0 while it has not heard from it at all. */
  readonly active?: number;
}

const each = (addresses: string): string[] => addresses.split(',').map((address) => address.trim());

async function ask<T>(address: string, path: string, withinMs: number): Promise<T> {
  const answer = await fetch(new URL(path, address), { signal: AbortSignal.timeout(withinMs) });
  return (await answer.json()) as T;
}

function share({ storage = 0, config }: Jsz): number {
  return storage / (positive(config?.max_storage) ?? Infinity);
}

/** The leader names the others; everybody else names the leader only, or nobody while there is none. */
function clusterOf(answers: readonly Jsz[]): Cluster | undefined {
  const told = answers.flatMap(({ meta_cluster: meta }) =>
    meta?.name === undefined ? [] : [{ name: meta.name, members: membersOf(meta) }],
  );
  return told.toSorted((one, other) => other.members.length - one.members.length)[0];
}

function membersOf({ leader, replicas = [] }: MetaCluster): ClusterMember[] {
  const led =
    leader === undefined || leader === '' ? [] : [{ server: leader, leads: true, current: true, offline: false }];
  const others = replicas
    .filter(({ name }) => name !== leader)
    .map(({ name, current, offline, active = 0 }) => ({
      server: name,
      leads: false,
      current: current === true,
      offline: offline === true || (current !== true && (active === 0 || active > AWAY_AFTER_MS * 1e6)),
    }));
  return [...led, ...others];
}
