import { readSettings, runUntilSignal } from '@signalbox/runtime';

import { startRelay } from './relay.js';
import { RelaySettings } from './settings.js';

runUntilSignal(async () => startRelay(readSettings(RelaySettings)));
