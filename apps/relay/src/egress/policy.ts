import { isIP } from 'node:net';

import { egressEntry } from '@signalbox/registry';

import { addressKind } from './addresses.js';
import { AllowList } from './allow-list.js';

/** Why a destination is not sent to. Stable: it stands in logs and in a subscription's `statusReason`. */
export type EgressRefusalCode = 'url' | 'scheme' | 'userinfo' | 'port' | 'address';

const SENTENCES: Readonly<Record<EgressRefusalCode, string>> = {
  url: 'The sink is not an absolute URL.',
  scheme: 'The sink must be an https URL; http is only for hosts that the operator listed.',
  userinfo: 'The sink carries a user name or password in its URL.',
  port: 'The sink names a port that is not sent to: 443 and ports from 1024 are, others only on hosts that the operator listed.',
  address: 'The sink is at an address that is not sent to; the operator may list private places for the organisation.',
};

/** The destination itself is refused: no bytes were sent and no later attempt can differ until the sink or the operator's list changes. */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused';
  constructor(readonly code: EgressRefusalCode) {
    super(SENTENCES[code]);
  }
}

/** A destination that passed every check that its text allows; names are judged again by address when a connection is opened. */
export interface Destination {
  readonly url: URL;
  /** Without brackets, lower case, without a final dot. */
  readonly host: string;
  readonly plain: boolean;
}

/**
 * Where the exchange may send to.
 *
 * Anyone: https to public addresses on port 443 or from 1024. The operator's list opens more, entry by entry:
 * - an address or CIDR (`10.4.0.0/16`, `127.0.0.1/32`) opens private or loopback addresses in it, plain http and any port;
 * - a host name opens private (never loopback) addresses behind that exact name, plain http and any port.
 *
 * What the operator opened for one organisation ({@link opening}) opens private addresses in the same way, and never
 * loopback. Link-local, metadata, multicast and wrapped addresses (mapped, 6to4, NAT64, Teredo) stay shut whatever is listed.
 */
export class EgressPolicy {
  readonly #everyone: AllowList;
  readonly #organisation: AllowList;

  /**
   * @param allow - entries of the operator's list
   * @param organisation - entries of the operator's list for the organisation whose endpoint it is
   * @throws Error naming the place of the entry that is neither host, address nor CIDR
   */
  constructor(
    private readonly allow: readonly string[] = [],
    organisation: readonly string[] = [],
  ) {
    this.#everyone = new AllowList(allow);
    this.#organisation = new AllowList(organisation);
  }

  /** Whether the list opens this machine itself: right for a developer, never for production. */
  get opensLoopback(): boolean {
    return this.#everyone.holdsLoopback;
  }

  /** The same with the private places of one organisation beside; an entry that cannot be read opens nothing. */
  opening(organisation: readonly string[]): EgressPolicy {
    return new EgressPolicy(
      this.allow,
      organisation.filter((entry) => egressEntry(entry.trim()) !== undefined),
    );
  }

  /**
   * Judges a URL by its text.
   * @throws EgressRefused
   */
  check(sink: string): Destination {
    const url = URL.canParse(sink) ? new URL(sink) : undefined;
    if (url === undefined) throw new EgressRefused('url');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new EgressRefused('scheme');
    if (url.username !== '' || url.password !== '') throw new EgressRefused('userinfo');
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    if (host === '') throw new EgressRefused('url');
    const destination = { url, host, plain: url.protocol === 'http:' };
    if (isIP(host) !== 0) this.checkAddresses(destination, [host]);
    return destination;
  }

  /**
   * Judges what a host resolved to: one bad address refuses the host, for an attacker's name may answer with both.
   * @throws EgressRefused
   */
  checkAddresses(destination: Destination, addresses: readonly string[]): void {
    const { host, plain, url } = destination;
    const named = this.#everyone.names(host) || this.#organisation.names(host);
    if (addresses.length === 0 || !addresses.every((address) => this.#mayReach(address, named))) {
      throw new EgressRefused('address');
    }
    if (named || addresses.every((address) => this.#listed(address))) return;
    if (plain) throw new EgressRefused('scheme');
    const port = url.port === '' ? 443 : Number(url.port);
    if (port !== 443 && port < 1024) throw new EgressRefused('port');
  }

  #mayReach(address: string, named: boolean): boolean {
    const kind = addressKind(address);
    if (kind === 'never') return false;
    return kind === 'public' || this.#listed(address) || (kind === 'private' && named);
  }

  #listed(address: string): boolean {
    if (this.#everyone.holds(address)) return true;
    return addressKind(address) === 'private' && this.#organisation.holds(address);
  }
}
