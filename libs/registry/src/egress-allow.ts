import { BlockList, isIP } from 'node:net';
import type { Finding } from '@signalbox/contracts';

/** One entry of a list of places that may be sent to: a host by its exact name, or a network (an address is one of its own). */
export type EgressEntry =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' };

/** Most entries that one organisation can have; a list that is longer wants to be a CIDR. */
export const EGRESS_ALLOW_MAX = 100;

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
/** A name whose last label is a number is an address written oddly (0x7f.1, 2130706433). */
const ODD_ADDRESS = /(^|\.)(\d+|0x[0-9a-f]*)$/i;

/** Reads an entry; `undefined` when it is neither a host name, an address nor a CIDR. */
export function egressEntry(entry: string): EgressEntry | undefined {
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0) return HOST.test(entry) && !ODD_ADDRESS.test(entry) ? hostEntry(entry) : undefined;
  const longest = version === 4 ? 32 : 128;
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (rest.length > 0 || length < 0 || length > longest || address.includes('%')) return undefined;
  return { kind: 'network', address, prefix: length, family: version === 4 ? 'ipv4' : 'ipv6' };
}

const hostEntry = (host: string): EgressEntry => ({ kind: 'host', host: host.toLowerCase() });

/** What an organisation's list may open: private ranges (RFC 1918, RFC 6598, RFC 4193) and nothing around them. */
const PRIVATE: readonly (readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
];

function isPrivate(entry: Extract<EgressEntry, { kind: 'network' }>): boolean {
  return PRIVATE.some(([network, prefix, family]) => {
    if (family !== entry.family || entry.prefix < prefix) return false;
    const range = new BlockList();
    range.addSubnet(network, prefix, family);
    return range.check(entry.address, family);
  });
}

/** Findings about an organisation's list, one for each entry that cannot be; the pointers name entries, never their values. */
export function checkEgressAllow(allow: readonly unknown[]): Finding[] {
  return allow.flatMap((value, at) => {
    const entry = typeof value === 'string' ? egressEntry(value) : undefined;
    if (entry !== undefined && (entry.kind === 'host' ? entry.host !== 'localhost' : isPrivate(entry))) return [];
    return [
      {
        path: `/egressAllow/${String(at)}`,
        rule: 'egress-allow',
        expected:
          'a host name, or an address or CIDR inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 or fc00::/7',
        fix: 'Name the private place that the organisation’s endpoints are at; loopback, link-local and metadata addresses cannot be opened.',
        doc: '/openapi.json',
      },
    ];
  });
}
