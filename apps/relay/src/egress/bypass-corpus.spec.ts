import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { EgressClient } from './client.js';
import { EgressPolicy, EgressRefused } from './policy.js';

/**
 * Ways in which others were made to send where they must not: read from public reports (documenso#2901, OneUptime#2578 and
 * #3183, VibeNVR#297, private-ip#32, convoy) and from the lists of those who test for it. Each is tried against every rule
 * that an operator can set for one organisation.
 */
const TO_LOOPBACK = [
  ['as it is', '127.0.0.1'],
  ['another of the network', '127.8.9.10'],
  ['in decimal', '2130706433'],
  ['in octal', '017700000001'],
  ['in hex', '0x7f000001'],
  ['in hex, by part', '0x7f.0x0.0x0.0x1'],
  ['in octal, by part', '0177.0.0.01'],
  ['mixed', '0x7f.0.0.01'],
  ['in a short form', '127.1'],
  ['in a shorter form', '127.0.1'],
  ['with leading zeros', '127.000.000.001'],
  ['with a trailing dot', '127.0.0.1.'],
  ['zero', '0'],
  ['this network', '0.0.0.0'],
  ['full-width digits', '１２７.０.０.１'],
  ['enclosed digits', '①②⑦.⓪.⓪.①'],
  ['ideographic full stops', '127。0。0。1'],
  ['percent-encoded', '%31%32%37.0.0.1'],
  ['version 6', '[::1]'],
  ['version 6, in full', '[0:0:0:0:0:0:0:1]'],
  ['version 6, unspecified', '[::]'],
  ['mapped', '[::ffff:127.0.0.1]'],
  ['mapped, in hex', '[::ffff:7f00:1]'],
  ['mapped, in full', '[0:0:0:0:0:ffff:7f00:1]'],
  ['compatible', '[::127.0.0.1]'],
  ['translated', '[::ffff:0:127.0.0.1]'],
  ['NAT64', '[64:ff9b::127.0.0.1]'],
  ['NAT64, local', '[64:ff9b:1::127.0.0.1]'],
  ['6to4', '[2002:7f00:1::]'],
  ['Teredo', '[2001:0:4136:e378:8000:63bf:80ff:fffe]'],
] as const;

const TO_METADATA = [
  ['as it is', '169.254.169.254'],
  ['in decimal', '2852039166'],
  ['in octal', '0251.0376.0251.0376'],
  ['in hex', '0xa9fea9fe'],
  ['in a short form', '169.254.43518'],
  ['mapped', '[::ffff:169.254.169.254]'],
  ['NAT64', '[64:ff9b::a9fe:a9fe]'],
  ['6to4', '[2002:a9fe:a9fe::]'],
  ['of containers', '169.254.170.2'],
  ['of one cloud, by version 6', '[fd00:ec2::254]'],
  ['of another cloud', '100.100.100.200'],
  ['of a third', '168.63.129.16'],
  ['of a fourth', '192.0.0.192'],
  ['link-local by version 6', '[fe80::1]'],
  ['site-local by version 6', '[fec0::1]'],
  ['multicast', '224.0.0.251'],
  ['broadcast', '255.255.255.255'],
] as const;

/** What an operator can open for an organisation, from nothing to everything that the registry would take, and beyond. */
const LISTS: readonly (readonly [string, readonly string[]])[] = [
  ['nothing', []],
  ['every private network', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']],
  ['everything, by a mistake that the registry would refuse', ['0.0.0.0/0', '::/0', 'localhost', '127.0.0.1']],
];

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof EgressRefused) return error.code;
    throw error;
  }
  return 'allowed';
};

describe.each(LISTS)('with %s opened for an organisation', (_what, list) => {
  const policy = new EgressPolicy().opening(list);

  it.each([...TO_LOOPBACK, ...TO_METADATA])('a sink is refused %s: %s', (_how, host) => {
    // Where the address stands in no form that a URL can have, the URL itself is refused.
    expect(refusal(() => policy.check(`https://${host}/hook`))).toMatch(/^(address|url)$/);
    expect(refusal(() => policy.check(`https://${host}:8443/`))).toMatch(/^(address|url)$/);
  });

  it.each([
    ['user information before the host', 'https://receiver.example@127.0.0.1/', 'userinfo'],
    ['a password', 'https://a:b@receiver.example/', 'userinfo'],
    ['a host behind a backslash', 'https://receiver.example\\@127.0.0.1/', 'allowed'],
    ['a zone', 'https://[fe80::1%25eth0]/', 'url'],
    ['another scheme', 'gopher://127.0.0.1:6379/_FLUSHALL', 'scheme'],
    ['a file', 'file:///etc/passwd', 'scheme'],
  ])('a sink is taken for what it is with %s', (_how, sink, expected) => {
    const said = refusal(() => policy.check(sink));
    expect(said).toBe(expected);
    // A backslash is a slash to a URL: the host is the one before it.
    if (said === 'allowed') expect(policy.check(sink).host).toBe('receiver.example');
  });

  it('a punycode name stays a name, whose addresses are judged like any other’s', () => {
    const destination = policy.check('https://xn--11b4c3d.example/');
    expect(refusal(() => policy.checkAddresses(destination, ['127.0.0.1']))).toBe('address');
    expect(refusal(() => policy.checkAddresses(destination, ['8.8.8.8']))).toBe('allowed');
  });

  it.each(['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', '::ffff:10.0.0.1', '100.100.100.200', '0.0.0.0'])(
    'a name is refused when one of its good answers is %s',
    (bad) => {
      const destination = policy.check('https://receiver.example/');
      for (const answers of [[bad], ['8.8.8.8', bad], [bad, '8.8.8.8'], ['8.8.8.8', '1.1.1.1', bad]])
        expect(refusal(() => policy.checkAddresses(destination, answers))).toBe('address');
    },
  );
});

describe('carrier-grade NAT and other private places', () => {
  it.each(['100.64.0.1', '100.127.255.254', '10.0.0.1', '172.16.0.1', '192.168.1.1', '[fd12::1]'])(
    '%s is open only to whom it was opened for',
    (host) => {
      const closed = new EgressPolicy();
      expect(refusal(() => closed.check(`https://${host}/`))).toBe('address');
      expect(refusal(() => closed.opening([host.replace(/[[\]]/g, '')]).check(`https://${host}/`))).toBe('allowed');
      expect(refusal(() => closed.opening(['10.9.9.9']).check(`https://${host}/`))).toBe('address');
    },
  );

  it('opens nothing by an entry that cannot be read', () => {
    const policy = new EgressPolicy().opening(['0x0a000001', '*', '10.0.0.0/99', '10.1']);
    expect(refusal(() => policy.check('https://10.0.0.1/'))).toBe('address');
  });
});

describe('the egress client', () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  const listening = async (listener: RequestListener): Promise<number> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  /** Loopback stands for a public place here; what else a name answers with is judged as ever. */
  const client = (answers: () => readonly string[], allowed: Record<string, string[]> = {}): EgressClient => {
    const made = new EgressClient({
      policy: new EgressPolicy(['127.0.0.1/32']),
      allowed: (subscription) => allowed[subscription] ?? [],
      resolve: async () =>
        Promise.resolve(answers().map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
      timeoutMs: 5_000,
      idleConnections: 4,
      idleMs: 5_000,
      answerBytes: 1_024,
      bodyMs: 100,
    });
    cleanups.push(() => made.close());
    return made;
  };
  const post = (egress: EgressClient, url: string, subscription = 'sub-1') =>
    egress.send({ subscription, method: 'POST', url, headers: {}, signal: new AbortController().signal });

  it('refuses a name that answers well once and badly for the next connection', async () => {
    let connections = 0;
    const port = await listening((_request, answer) => {
      connections += 1;
      answer.writeHead(204, { connection: 'close' }).end();
    });
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1', '10.0.0.1']];
    const egress = client(() => answers.shift() ?? []);
    expect((await post(egress, `http://receiver.example:${port}/`)).status).toBe(204);
    for (let again = 0; again < 2; again += 1)
      await expect(post(egress, `http://receiver.example:${port}/`)).rejects.toMatchObject({ code: 'address' });
    expect(connections).toBe(1);
  });

  it('follows no redirect to an inner place, by whichever status it comes', async () => {
    let inner = 0;
    const port = await listening((request, answer) => {
      if (request.url === '/inner') inner += 1;
      const status = Number(request.url?.slice(1));
      answer.writeHead(status || 200, { location: '/inner' }).end();
    });
    const egress = client(() => ['127.0.0.1']);
    for (const status of [300, 301, 302, 303, 307, 308])
      expect((await post(egress, `http://receiver.example:${port}/${status}`)).status).toBe(status);
    expect(inner).toBe(0);
  });

  it('never serves one organisation over a connection that was opened under another’s list', async () => {
    const ports = new Map<string, number | undefined>();
    const port = await listening((request, answer) => {
      ports.set(String(request.headers['x-of']), request.socket.remotePort);
      answer.writeHead(204).end();
    });
    const egress = client(() => ['127.0.0.1'], { wide: ['10.0.0.0/8'], same: ['10.0.0.0/8'] });
    const send = async (subscription: string) => {
      const headers = { 'x-of': subscription };
      const { signal } = new AbortController();
      await egress.send({ subscription, method: 'POST', url: `http://receiver.example:${port}/`, headers, signal });
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (const subscription of ['wide', 'none', 'same']) await send(subscription);
    expect(ports.get('none')).not.toBe(ports.get('wide'));
    expect(ports.get('same')).toBe(ports.get('wide'));
  });

  it('keeps the beginning of what was said with an error, and waits no longer for the rest than it may', async () => {
    const port = await listening((_request, answer) => void answer.writeHead(500).write('first '));
    const egress = client(() => ['127.0.0.1']);
    const answer = await post(egress, `http://receiver.example:${port}/`);
    expect([answer.status, answer.said?.toString()]).toEqual([500, 'first ']);
  });

  it('keeps at most two kilobytes of it', async () => {
    const port = await listening((_request, answer) => void answer.writeHead(400).end('x'.repeat(100_000)));
    const answer = await post(
      client(() => ['127.0.0.1']),
      `http://receiver.example:${port}/`,
    );
    expect(answer.said?.byteLength).toBe(2_048);
  });
});
