import { BlockList, isIP } from 'node:net';

/**
 * What may be done with an address:
 * - `public`: anyone may be sent to there;
 * - `private`, `loopback`: only where the operator listed it;
 * - `never`: link-local, cloud metadata, multicast, reserved, and every form that wraps one address in another.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'never';

type Range = readonly [network: string, prefix: number];

/** Metadata services stand outside link-local too; the list of hosts can never open them. */
const METADATA4: readonly Range[] = [
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
];
const METADATA6: readonly Range[] = [['fd00:ec2::254', 128]];

const LOOPBACK4: readonly Range[] = [['127.0.0.0', 8]];
const PRIVATE4: readonly Range[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
];
/** IANA special-purpose registry, without what stands above. */
const NEVER4: readonly Range[] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ...METADATA4,
];

/** IPv6 is read the other way round: only global unicast is public, so mapped, NAT64 and link-local forms fall out by themselves. */
const GLOBAL6: readonly Range[] = [['2000::', 3]];
const LOOPBACK6: readonly Range[] = [['::1', 128]];
const PRIVATE6: readonly Range[] = [['fc00::', 7]];
/** Inside 2000::/3, yet not a place of its own: Teredo and other protocol assignments, documentation, 6to4. */
const NEVER6: readonly Range[] = [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20], ...METADATA6];

const listOf = (ranges: readonly Range[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
};

const V4 = {
  never: listOf(NEVER4, 'ipv4'),
  loopback: listOf(LOOPBACK4, 'ipv4'),
  private: listOf(PRIVATE4, 'ipv4'),
};
const V6 = {
  never: listOf(NEVER6, 'ipv6'),
  loopback: listOf(LOOPBACK6, 'ipv6'),
  private: listOf(PRIVATE6, 'ipv6'),
  global: listOf(GLOBAL6, 'ipv6'),
};

/** Says what kind of place an address (in text, without brackets) is. What is no address at all is `never`. */
export function addressKind(address: string): AddressKind {
  switch (isIP(address)) {
    case 4:
      return kind4(address);
    case 6:
      return kind6(address);
    default:
      return 'never';
  }
}

function kind4(address: string): AddressKind {
  if (V4.never.check(address, 'ipv4')) return 'never';
  if (V4.loopback.check(address, 'ipv4')) return 'loopback';
  return V4.private.check(address, 'ipv4') ? 'private' : 'public';
}

function kind6(address: string): AddressKind {
  // A zone id only makes sense for link-local addresses; BlockList would throw on it.
  if (address.includes('%') || V6.never.check(address, 'ipv6')) return 'never';
  if (V6.loopback.check(address, 'ipv6')) return 'loopback';
  if (V6.private.check(address, 'ipv6')) return 'private';
  return V6.global.check(address, 'ipv6') ? 'public' : 'never';
}
