/**
 * `npm run faults`: kill -9 in turn, then one server after the other of an engine of three, then everything that can be
 * wrong on the way to a receiver, then one organisation that floods, then a power cut. Options
 * (`--rounds 8`, say) go to the first; `--quick` shortens the third, whose receiver is otherwise down for ten minutes.
 *
 * Exit codes: 0 all of it held · 1 something did not · 77 all held but the power cut, which was NOT RUN because this
 * machine does not permit loop mounts.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const NOT_RUN = 77;

/** @returns {number} exit code; one that ended by a signal has failed */
function run(script, ...args) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status ?? 1;
}

const words = (code) => (code === 0 ? 'passed' : code === NOT_RUN ? 'NOT RUN' : 'FAILED');

const quick = process.argv.includes('--quick');
const kill = run('kill.mjs', ...process.argv.slice(2).filter((option) => option !== '--quick'));
const cluster = run('cluster.mjs');
const receivers = run('receivers.mjs', ...(quick ? ['--quick'] : []));
const flood = run('flood.mjs');
const powerCut = run('power-cut.mjs');
console.log(
  `kill -9: ${words(kill)} · cluster: ${words(cluster)} · receivers: ${words(receivers)} · flood: ${words(flood)} · power cut: ${words(powerCut)}`,
);
process.exit(kill === 0 && cluster === 0 && receivers === 0 && flood === 0 ? powerCut : 1);
