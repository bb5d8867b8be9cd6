/** Where things lie on one machine. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the clone. */
export const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Everything that a run creates; git ignores it and deleting it starts from nothing. */
export const homeFolder = join(projectFolder, '.signalbox');
