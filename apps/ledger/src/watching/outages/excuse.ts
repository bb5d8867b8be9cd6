import { type Outage, outageCovers } from '@signalbox/registry';

/**
 * Until when declared outages explain that nothing of a type comes, in milliseconds since 1970: until they are ended, else
 * until they are expected to end, else for so long as an outage is believed without a word of its end. One that nobody ends
 * must not keep quiet for ever what has gone silent. `undefined` where no outage of the type has begun.
 *
 * @param outages of one publisher
 * @param now milliseconds since 1970
 * @param trustedMs so long after its beginning where no end is expected
 */
export function excusedUntil(
  outages: readonly Outage[],
  type: string,
  now: number,
  trustedMs: number,
): number | undefined {
  const ends = outages
    .filter((outage) => Date.parse(outage.began) <= now && outageCovers(outage, type))
    .map(({ began, expectedend, ended }) => {
      const expected = expectedend === undefined ? Date.parse(began) + trustedMs : Date.parse(expectedend);
      return ended === undefined ? expected : Math.min(expected, Date.parse(ended));
    });
  return ends.length === 0 ? undefined : Math.max(...ends);
}
