import type { Context, Identity } from '../context.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';

/** `token`: a bearer token on stdout and nothing else, for `curl -H "authorization: Bearer $(signalbox token --org X9G1P)"`. */
export async function token(context: Context, options: Identity): Promise<ExitCode> {
  const client = await context.client(options);
  const value = await client.token();
  context.terminal.result({ token: value, tokentype: 'Bearer' }, value);
  return EXIT_CODES.done;
}
