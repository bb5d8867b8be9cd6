import type { Finding } from '../findings.js';
import type { TypeDescription } from '../catalogue-type.js';
import type { Bundle } from './bundle.js';

/** A rule about content that JSON Schema cannot say. Answers every breach; never throws, whatever the content is. */
export type ContentRule = (bundle: Bundle, type: TypeDescription) => Finding[];
