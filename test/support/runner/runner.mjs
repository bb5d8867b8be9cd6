/**
 * The light runner, in processes of their own. Its own way of telling a process what to do answers whoever asks first to
 * all of them and then nobody any more, so one that is slow to start waits for ever; here each has its own line.
 */
import { createRunner } from 'jest-light-runner';
import Tinypool from 'tinypool';

const WORKER = new URL('worker-runner.js', import.meta.resolve('jest-light-runner'));
const ASKED = 'jest-light-runner-get-worker-data';
const TOLD = 'jest-light-runner-worker-data';

export default class ProcessRunner extends createRunner({ runtime: 'child_process' }) {
  _runTest(test) {
    if (this._runtime === 'main_thread') return super._runTest(test);
    const { config: projectConfig } = test.context;
    const { _globalConfig: globalConfig, _runtime: runtime, _testRunners: runners } = this;
    const workerData = { globalConfig, projectConfig, runtime };
    if (!runners.has(projectConfig)) {
      const { maxWorkers } = globalConfig;
      const pool = new Tinypool({
        filename: WORKER.href,
        runtime,
        minThreads: maxWorkers,
        maxThreads: maxWorkers,
        env: process.env,
        trackUnmanagedFds: false,
      });
      pool.on('error', endedIdle);
      runners.set(projectConfig, { pool });
    }
    return runners.get(projectConfig).pool.run(test.path, { channel: lineTo(workerData) });
  }
}

/**
 * A process that ends while it runs a file fails that file. One that ends between two files, by a promise of the last one
 * that was rejected later say, is replaced: the run fails, and the other files keep their results.
 */
function endedIdle(error) {
  process.stderr.write(`A process that runs tests ended between two files, it said above why: ${error.message}\n`);
  process.exitCode = 1;
}

/** Between the pool and the process that runs one file. */
function lineTo(workerData) {
  let tell;
  return {
    onMessage: (listener) => (tell = listener),
    postMessage: (message) => message === ASKED && tell({ type: TOLD, workerData }),
  };
}
