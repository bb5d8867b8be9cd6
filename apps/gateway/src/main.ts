import { readSettings, runUntilSignal } from '@signalbox/runtime';
import { startGateway } from './gateway.js';
import { GatewaySettings } from './settings.js';

runUntilSignal(async () => startGateway(readSettings(GatewaySettings)));
