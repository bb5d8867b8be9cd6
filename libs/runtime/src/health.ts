/** Whether a part works: `degraded` still serves, `down` does not. */
export interface HealthState {
  readonly state: 'up' | 'degraded' | 'down';
  /** One sentence for the operator. No addresses with passwords, no data. */
  readonly sentence: string;
}

/** The whole and its parts, as `/health/ready` answers. */
export interface HealthReport {
  readonly state: HealthState['state'];
  readonly components: Readonly<Record<string, HealthState>>;
}

/** The named parts that a process depends on. Alive means that the process answers; ready means that no part is down. */
export class Health {
  private readonly checks = new Map<string, () => Promise<HealthState> | HealthState>();

  /** @param checkTimeoutMs a part that does not answer within it counts as down. */
  constructor(private readonly checkTimeoutMs = 2_000) {}

  add(name: string, check: () => Promise<HealthState> | HealthState): void {
    this.checks.set(name, check);
  }

  live(): HealthReport {
    return { state: 'up', components: {} };
  }

  async ready(): Promise<HealthReport> {
    const parts = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await this.ask(check)] as const),
    );
    const states = parts.map(([, part]) => part.state);
    const state = states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'up';
    return { state, components: Object.fromEntries(parts) };
  }

  private async ask(check: () => Promise<HealthState> | HealthState): Promise<HealthState> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<HealthState>((resolve) => {
      timer = setTimeout(
        () =>
          resolve({ state: 'down', sentence: `The check did not answer within ${String(this.checkTimeoutMs)} ms.` }),
        this.checkTimeoutMs,
      );
    });
    try {
      return await Promise.race([Promise.resolve().then(check), late]);
    } catch {
      return { state: 'down', sentence: 'The check failed.' };
    } finally {
      clearTimeout(timer);
    }
  }
}
