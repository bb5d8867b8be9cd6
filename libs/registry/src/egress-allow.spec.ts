import { describe, expect, it } from '@jest/globals';

import { checkEgressAllow, egressEntry } from './egress-allow.js';

describe('the list of places that an operator opens for one organisation', () => {
  it.each([
    'sink.trust.example',
    'SINK.trust.example',
    '10.4.0.0/16',
    '10.4.9.9',
    '172.16.0.0/12',
    '192.168.7.0/24',
    '100.64.3.0/24',
    'fd12:3456::/32',
    'fd12::1',
  ])('takes %s', (entry) => {
    expect(checkEgressAllow([entry])).toEqual([]);
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback by name', 'localhost'],
    ['loopback of version 6', '::1'],
    ['link-local', '169.254.0.0/16'],
    ['metadata', '169.254.169.254'],
    ['a network around a private one', '10.0.0.0/7'],
    ['everything', '0.0.0.0/0'],
    ['everything of version 6', '::/0'],
    ['a public address', '8.8.8.8'],
    ['a mapped form', '::ffff:10.0.0.1'],
    ['a 6to4 form', '2002:0a00:0001::'],
    ['a zone', 'fe80::1%eth0'],
    ['an address in decimal', '167772161'],
    ['an address in hex', '0x0a000001'],
    ['a short form', '10.1'],
    ['a URL', 'http://sink.trust.example'],
    ['a wildcard', '*.trust.example'],
    ['a prefix that is too long', '10.0.0.0/33'],
    ['nothing', ''],
    ['no text', 7],
  ])('refuses %s, by its place', (_what, entry) => {
    const findings = checkEgressAllow(['10.4.0.0/16', entry]);
    expect(findings).toMatchObject([{ path: '/egressAllow/1', rule: 'egress-allow' }]);
    if (typeof entry === 'string' && entry !== '') expect(JSON.stringify(findings)).not.toContain(`"${entry}"`);
  });
});

describe('an entry', () => {
  it('is a host in lower case, or a network', () => {
    expect(egressEntry('Sink.Trust.Example')).toEqual({ kind: 'host', host: 'sink.trust.example' });
    expect(egressEntry('10.4.0.0/16')).toEqual({ kind: 'network', address: '10.4.0.0', prefix: 16, family: 'ipv4' });
    expect(egressEntry('::1')).toEqual({ kind: 'network', address: '::1', prefix: 128, family: 'ipv6' });
  });
});
