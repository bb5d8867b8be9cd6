import type { Client } from '@signalbox/client';

import type { Settings } from './settings.js';
import type { Terminal } from './terminal.js';
import type { Streams } from './terminal.js';

/** What a command works with. */
export interface Context {
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly streams: Streams;
  /** Fires when the person presses Ctrl-C or the process is told to end. */
  readonly signal: AbortSignal;
  /** The options that lead the next command to the same house, as the same organisation: ` --org X9G1P`, or nothing. */
  again(who: Identity): string;
  /** A client for an organisation's application; loaded on first use. */
  client(who: Identity): Promise<Client>;
}

/** Whose key to use. */
export interface Identity {
  readonly org?: string | undefined;
  readonly app?: string | undefined;
}
