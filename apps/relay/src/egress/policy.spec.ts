import { describe, expect, it } from '@jest/globals';

import { addressKind } from './addresses.js';
import { EgressPolicy, EgressRefused } from './policy.js';

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof EgressRefused) return error.code;
    throw error;
  }
  return 'allowed';
};

describe('what an address is', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['2a00:1450::1', 'public'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'never'],
    ['0.1.2.3', 'never'],
    ['::', 'never'],
    ['169.254.169.254', 'never'],
    ['fe80::1', 'never'],
    ['fe80::1%eth0', 'never'],
    ['100.100.100.200', 'never'],
    ['168.63.129.16', 'never'],
    ['fd00:ec2::254', 'never'],
    ['::ffff:127.0.0.1', 'never'],
    ['::ffff:8.8.8.8', 'never'],
    ['::127.0.0.1', 'never'],
    ['::ffff:0:127.0.0.1', 'never'],
    ['64:ff9b::7f00:1', 'never'],
    ['64:ff9b:1::7f00:1', 'never'],
    ['2002:7f00:1::', 'never'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'never'],
    ['2001:db8::1', 'never'],
    ['3fff::1', 'never'],
    ['5f00::1', 'never'],
    ['100::1', 'never'],
    ['fec0::1', 'never'],
    ['ff02::1', 'never'],
    ['192.0.0.192', 'never'],
    ['198.18.0.1', 'never'],
    ['203.0.113.9', 'never'],
    ['224.0.0.1', 'never'],
    ['255.255.255.255', 'never'],
    ['not an address', 'never'],
    ['', 'never'],
  ])('%s is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });
});

describe('a sink without any entry in the operator’s list', () => {
  const policy = new EgressPolicy();

  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://127.0.0.1./',
    'https://１２７.０.０.１/',
    'https://127。0。0。1/',
    'https://0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://10.0.0.1/',
    'https://192.168.0.1/',
    'https://100.64.0.1/',
  ])('is refused by its address: %s', (sink) => {
    expect(refusal(() => policy.check(sink))).toBe('address');
  });

  it.each([
    ['http://8.8.8.8/', 'scheme'],
    ['ftp://receiver.example/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://receiver.example/', 'scheme'],
    ['https://user:secret@receiver.example/', 'userinfo'],
    ['https://receiver.example@127.0.0.1/', 'userinfo'],
    ['https://8.8.8.8:22/', 'port'],
    ['https://8.8.8.8:25/', 'port'],
    ['/relative', 'url'],
    ['', 'url'],
    ['https://', 'url'],
    ['https://[fe80::1%25eth0]/', 'url'],
  ])('is refused for what it is: %s', (sink, code) => {
    expect(refusal(() => policy.check(sink))).toBe(code);
  });

  it('is refused when one of several addresses is not public', () => {
    const destination = policy.check('https://receiver.example/hook');
    expect(refusal(() => policy.checkAddresses(destination, ['8.8.8.8', '127.0.0.1']))).toBe('address');
    expect(refusal(() => policy.checkAddresses(destination, ['8.8.8.8', '2a00:1450::1']))).toBe('allowed');
  });

  it('is refused when a name resolves to nothing', () => {
    expect(refusal(() => policy.checkAddresses(policy.check('https://receiver.example/'), []))).toBe('address');
  });

  it('may not be http, nor on a low port, whatever it resolves to', () => {
    expect(refusal(() => policy.checkAddresses(policy.check('http://receiver.example/'), ['8.8.8.8']))).toBe('scheme');
    expect(refusal(() => policy.checkAddresses(policy.check('https://receiver.example:53/'), ['8.8.8.8']))).toBe(
      'port',
    );
    expect(refusal(() => policy.checkAddresses(policy.check('https://receiver.example:8443/'), ['8.8.8.8']))).toBe(
      'allowed',
    );
  });

  it('tells no value of the sink in its refusal', () => {
    expect(() => policy.check('https://user:secret@receiver.example/9990000018')).toThrow(
      /^The sink carries a user name or password in its URL\.$/,
    );
  });
});

describe('the operator’s list', () => {
  const policy = new EgressPolicy(['127.0.0.1/32', '10.4.0.0/16', 'sink.trust.example', 'fd00:1::/64']);

  it.each(['http://127.0.0.1:9000/hook', 'https://10.4.9.9:81/', 'http://[fd00:1::7]:8080/', 'http://0x7f.1:9000/'])(
    'opens a listed network, http and any port included: %s',
    (sink) => {
      expect(refusal(() => policy.check(sink))).toBe('allowed');
    },
  );

  it.each([
    'http://127.0.0.2/',
    'https://10.5.0.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::1]/',
    'https://169.254.169.254/',
  ])('does not open its neighbours or wrapped forms: %s', (sink) => {
    expect(refusal(() => policy.check(sink))).toBe('address');
  });

  it('opens private addresses behind a listed name, but never loopback, link-local or metadata', () => {
    const destination = policy.check('http://sink.trust.example:81/');
    expect(refusal(() => policy.checkAddresses(destination, ['192.168.7.7']))).toBe('allowed');
    expect(refusal(() => policy.checkAddresses(destination, ['127.0.0.9']))).toBe('address');
    expect(refusal(() => policy.checkAddresses(destination, ['169.254.169.254']))).toBe('address');
    expect(refusal(() => policy.checkAddresses(destination, ['fd00:ec2::254']))).toBe('address');
  });

  it('takes a name with a final dot or capitals for the same name', () => {
    const destination = policy.check('https://SINK.trust.example./');
    expect(refusal(() => policy.checkAddresses(destination, ['192.168.7.7']))).toBe('allowed');
  });

  it('does not open a name that only ends like a listed one', () => {
    const destination = policy.check('https://sink.trust.example.attacker.example/');
    expect(refusal(() => policy.checkAddresses(destination, ['192.168.7.7']))).toBe('address');
  });

  it('never opens metadata, even when a network around it is listed', () => {
    const wide = new EgressPolicy(['0.0.0.0/0', '::/0']);
    expect(refusal(() => wide.check('https://169.254.169.254/'))).toBe('address');
    expect(refusal(() => wide.check('https://[fe80::1]/'))).toBe('address');
    expect(refusal(() => wide.check('https://[::ffff:8.8.8.8]/'))).toBe('address');
  });

  it.each([
    [['10.0.0.0/8', 'sink.trust.example', 'fd00::/8'], false],
    [['127.0.0.1/32'], true],
    [['127.5.0.0/16'], true],
    [['0.0.0.0/0'], true],
    [['::1'], true],
  ])('%j opens this machine itself: %s', (allow, opens) => {
    expect(new EgressPolicy(allow).opensLoopback).toBe(opens);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/x',
    '::1/129',
    'http://x.example',
    '*.example',
    '0x7f.1',
    '2130706433',
    '',
    '10.0.0.0/8/8',
  ])('refuses an entry that is neither host, address nor CIDR: %s', (entry) => {
    expect(() => new EgressPolicy(['10.0.0.0/8', entry])).toThrow(/^entry 2 is not/);
  });
});
