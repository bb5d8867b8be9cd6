import { describe, expect, it } from '@jest/globals';
import { safePath } from './safe-path.js';

describe('where somebody is led after the sign-in', () => {
  it.each([
    '/',
    '/?status=stuck',
    '/map',
    '/journeys',
    '/journeys?after=WyJh',
    '/journeys?state=in-flight&type=org.signalbox.referral.requested.v1&age=1d',
    '/stuck/group?stuck=no-grant&cause=SB-2003&publisher=X9G1P&receiver=X9H2T&type=org.signalbox.referral.requested.v1',
    '/alerts?kind=deadline-missed&severity=urgent',
    `/journeys/${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`,
    '/find',
  ])('is the page of the console that they asked for: %s', (path) => expect(safePath(path)).toBe(path));
  it('is an event with its source', () => {
    const path = `/events/${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}?source=urn%3Aods%3AX9L3B%3Alims`;
    expect(safePath(path)).toBe(path);
  });
  it.each([
    undefined,
    null,
    '',
    '//elsewhere.example',
    '/\\elsewhere.example',
    'https://elsewhere.example',
    '/sign-out',
    '/sign-in/organisation',
    '/sign-out/provider',
    '/journeys?to=https://elsewhere.example\\@x',
  ])('is the board for what is no page of it: %s', (path) => expect(safePath(path)).toBe('/'));
  it.each([
    '/events/9990000018',
    '/events/999%20000%200018',
    '/journeys?after=9990000018',
    '/events/ACC-ANYBODY',
    '/organisations/Anybody',
    '/journeys?org=Anybody',
    '/journeys?status=847300000001',
    '/journeys?q=Anybody',
    '/journeys?type=a&q=Anybody',
  ])('never repeats an address that may hold a patient: %s', (path) => expect(safePath(path)).toBe('/'));
});
