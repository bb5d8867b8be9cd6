/**
 * What a test file imports as `@jest/globals`. The light runner waits for ever for what does not end, so a test or hook
 * has a limit here: {@link LIMIT_MS} or {@link HOOK_LIMIT_MS}, or its last argument where that is more. No limit says how
 * quick anything has to be: it ends what hangs, on a machine that is many times slower than the one it was written on too.
 */
const LIMIT_MS = Number(process.env.SIGNALBOX_TEST_LIMIT_MS ?? 120_000);
/** Hooks start servers, databases and whole houses, which takes a machine that is busy much longer. */
const HOOK_LIMIT_MS = 2 * LIMIT_MS;

const jest = globalThis;

/**
 * @template {unknown[]} A
 * @param {(...args: A) => unknown} body
 * @param {number} limit milliseconds
 */
function within(body, limit) {
  /** @param {A} args */
  return async (...args) => {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const over = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Not done within ${String(limit)} ms.`)), limit);
    });
    try {
      await Promise.race([Promise.resolve().then(() => body(...args)), over]);
    } finally {
      clearTimeout(timer);
    }
  };
}

const limited =
  (hook) =>
  (body, limit = 0) =>
    hook(within(body, Math.max(limit, HOOK_LIMIT_MS)));
const named =
  (add) =>
  (name, body, limit = 0) =>
    add(name, within(body, Math.max(limit, LIMIT_MS)));

export const { describe, expect } = jest;
/** Without ways to leave tests out: all of them run. */
export const it = Object.assign(named(jest.it), { each: (...table) => named(jest.it.each(...table)) });
export const test = it;
export const beforeAll = limited(jest.beforeAll);
export const beforeEach = limited(jest.beforeEach);
export const afterAll = limited(jest.afterAll);
export const afterEach = limited(jest.afterEach);
