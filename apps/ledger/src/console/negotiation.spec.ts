import { describe, expect, it } from '@jest/globals';
import { formOf } from './negotiation.js';

describe('formOf', () => {
  it.each([
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['curl', '*/*', 'json'],
    ['a program', 'application/json', 'json'],
    ['a program that would rather have JSON', 'application/json, text/html;q=0.5', 'json'],
    ['nobody in particular', undefined, 'json'],
    ['somebody who refuses HTML', 'text/html;q=0', 'json'],
  ])('gives %s the right form', (_who, accept, form) => {
    expect(formOf({ headers: { ...(accept !== undefined && { accept }) } })).toBe(form);
  });
});
