import type { Provider, Type } from '@nestjs/common';
import type { HealthState } from '@signalbox/runtime';

/** One room of the ledger as its wiring sees it: its doors, what they work with, and how it ends. */
export interface Room {
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
  /** Name and question of its line in health. */
  readonly health?: readonly [name: string, ask: () => HealthState | Promise<HealthState>];
  /** Ends what goes on by itself. */
  readonly close?: () => Promise<void> | void;
}
