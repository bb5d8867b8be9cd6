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
      runners.set(projectConfig, { pool });
    }
    return runners.get(projectConfig).pool.run(test.path, { channel: lineTo(workerData) });
  }
}

/** Between the pool and the process that runs one file. */
function lineTo(workerData) {
  let tell;
  return {
    onMessage: (listener) => (tell = listener),
    postMessage: (message) => message === ASKED && tell({ type: TOLD, workerData }),
  };
}
