import { EXIT, readSettings, runUntilSignal } from '@signalbox/runtime';
import { startLedger } from './ledger.js';
import { LedgerSettings } from './settings.js';

runUntilSignal(() => startLedger(readSettings(LedgerSettings), () => process.exit(EXIT.failed)));
