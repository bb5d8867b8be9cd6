import { BlockList, isIP } from 'node:net';

import { type EgressEntry, egressEntry } from '@signalbox/registry';

import { addressKind } from './addresses.js';

/** Hosts by their exact name, and networks. */
export class AllowList {
  readonly #hosts = new Set<string>();
  readonly #v4 = new BlockList();
  readonly #v6 = new BlockList();
  #holdsLoopback = false;

  /**
   * @param entries - as an operator wrote them
   * @throws Error naming the place of the entry that is neither host, address nor CIDR
   */
  constructor(entries: readonly string[]) {
    entries.forEach((text, index) => {
      const entry = egressEntry(text.trim());
      if (entry === undefined) {
        throw new Error(`entry ${String(index + 1)} is not a host name, an address or a CIDR such as 10.4.0.0/16`);
      }
      this.#add(entry);
    });
  }

  /** Whether an entry reaches into loopback addresses. */
  get holdsLoopback(): boolean {
    return this.#holdsLoopback;
  }

  /** @param host - in lower case, without a final dot */
  names(host: string): boolean {
    return this.#hosts.has(host);
  }

  holds(address: string): boolean {
    return isIP(address) === 4 ? this.#v4.check(address, 'ipv4') : this.#v6.check(address, 'ipv6');
  }

  #add(entry: EgressEntry): void {
    if (entry.kind === 'host') {
      this.#hosts.add(entry.host);
      return;
    }
    const { address, prefix, family } = entry;
    const list = family === 'ipv4' ? this.#v4 : this.#v6;
    list.addSubnet(address, prefix, family);
    const inside = family === 'ipv4' ? list.check('127.0.0.1', family) : list.check('::1', family);
    this.#holdsLoopback ||= inside || addressKind(address) === 'loopback';
  }
}
