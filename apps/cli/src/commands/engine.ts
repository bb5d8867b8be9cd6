import type { Context } from '../context.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { runHouseScript } from '../house-script.js';

/**
 * `engine render|check|apply`: the accounts of organisations that speak NATS, made from the registry by hand; the house does
 * it by itself. The secrets that it takes are the engine's own, so the work is done by deploy/nats, beside the server.
 */
export async function engine(context: Context, verb: string): Promise<ExitCode> {
  const code = await runHouseScript(context, ['nats', 'engine.mjs'], [verb]);
  if (context.signal.aborted) return EXIT_CODES.interrupted;
  return code === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
}
