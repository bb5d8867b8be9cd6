import { describe, expect, it } from '@jest/globals';

import { headersOfMarks } from './marks.js';

describe('the marks of a delivery', () => {
  it('are headers of their own, and none when there are none', () => {
    expect(headersOfMarks({})).toEqual({});
    expect(headersOfMarks({ replay: 'r1', late: 'e2', corrects: 'e1', test: 'true' })).toEqual({
      'signalbox-replay': 'r1',
      'signalbox-late': 'e2',
      'signalbox-corrects': 'e1',
      'signalbox-test': 'true',
    });
  });

  it('cannot break a header, whatever the id of an event holds', () => {
    expect(headersOfMarks({ late: 'a b\r\nx-evil: ö"%' })).toEqual({
      'signalbox-late': 'a%20b%0D%0Ax-evil:%20%C3%B6%22%25',
    });
  });
});
