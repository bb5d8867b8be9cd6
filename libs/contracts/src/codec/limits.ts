import type { ScanLimits } from '../json/scan.js';

/** Bounds on what the codec takes in. */
export interface DecodeLimits extends ScanLimits {
  /** Bytes of one HTTP body or NATS payload. */
  readonly maxBodyBytes: number;
  /** Bytes of all attribute names and values of one event, as UTF-8. CloudEvents asks intermediaries to carry 64 KiB. */
  readonly maxAttributeBytes: number;
  /** Containers inside one another within `data`. */
  readonly maxDepth: number;
  /** Items of any one array, a batch included. */
  readonly maxArrayItems: number;
}

/** What holds where nothing else is asked for. */
export const DEFAULT_LIMITS: DecodeLimits = {
  maxBodyBytes: 1024 * 1024,
  maxAttributeBytes: 64 * 1024,
  maxDepth: 32,
  maxArrayItems: 10_000,
};
