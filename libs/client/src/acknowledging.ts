/**
 * Sends acknowledgements beside the reading, one at a time: while one is on its way the next ones gather, and only the last
 * of them is sent, since a cursor stands for everything before it too.
 */
export class Acknowledging {
  private latest: string | undefined;
  private sent: string | undefined;
  private flight: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly send: (cursor: string) => Promise<void>) {}

  /** Takes note of the last event that was dealt with. @throws what the sending before this one failed with */
  take(cursor: string): void {
    this.latest = cursor;
    this.raise();
    this.flight ??= this.run();
  }

  /**
   * Resolves when everything that was taken note of is acknowledged: what failed before is sent once more.
   * @throws where it could not be
   */
  async settled(): Promise<void> {
    await this.flight;
    if (this.latest !== this.sent) await (this.flight = this.run());
    this.raise();
  }

  private async run(): Promise<void> {
    this.failure = undefined;
    try {
      while (this.latest !== this.sent) {
        const cursor = this.latest!;
        await this.send(cursor);
        this.sent = cursor;
      }
    } catch (error) {
      this.failure = { error };
    } finally {
      this.flight = undefined;
    }
  }

  private raise(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure.error;
  }
}
