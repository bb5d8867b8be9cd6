import { styleText } from 'node:util';

/** Where the command reads and writes; tests bring their own. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold' | 'cyan';

/** Data goes to stdout, everything else to stderr; colour only at a terminal and never with NO_COLOR. */
export class Terminal {
  constructor(
    private readonly streams: Streams,
    private readonly env: NodeJS.ProcessEnv,
    /** Newline-delimited JSON instead of text. */
    readonly json: boolean,
  ) {}

  /** Whether a person is watching stderr, so that a progress bar makes sense. */
  get watched(): boolean {
    return this.streams.stderr.isTTY === true && this.env['TERM'] !== 'dumb';
  }

  get columns(): number {
    return this.streams.stderr.columns || 80;
  }

  /** One result: `fields` as a line of JSON, or `text` for people. */
  result(fields: object, text: string): void {
    this.streams.stdout.write(this.json ? `${jsonLine(fields)}\n` : `${text}\n`);
  }

  /** A result that is shown as text only without `--json`. */
  resultText(text: string): void {
    if (!this.json) this.streams.stdout.write(`${text}\n`);
  }

  /** A result that a machine takes as it is (a token, a script). */
  raw(text: string): void {
    this.streams.stdout.write(text);
  }

  /** Something for the person at the terminal. */
  note(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  /** The command that usually comes next; left out for machines. */
  next(...commands: readonly string[]): void {
    if (this.json || commands.length === 0) return;
    this.note(this.style('dim', `Next: ${commands.join('\n      ')}`));
  }

  error(fields: object, text: string): void {
    this.streams.stderr.write(this.json ? `${jsonLine({ error: fields })}\n` : `${text}\n`);
  }

  /** Overwrites the current line of stderr; the empty string clears it. */
  redraw(line: string): void {
    this.streams.stderr.write(`\r\u001b[2K${line}`);
  }

  /** Colours text that is meant for stderr. */
  style(style: Style, text: string): string {
    return this.coloured(this.streams.stderr) ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Colours text that is meant for stdout. */
  styleResult(style: Style, text: string): string {
    return this.coloured(this.streams.stdout) ? styleText(style, text, { validateStream: false }) : text;
  }

  private coloured(stream: { readonly isTTY?: boolean }): boolean {
    const refused = (this.env['NO_COLOR'] ?? '') !== '';
    return stream.isTTY === true && !refused && this.env['TERM'] !== 'dumb';
  }
}

/** `"v":1` first, so that a reader can tell the version before it reads on. */
function jsonLine(fields: object): string {
  return JSON.stringify({ v: 1, ...fields });
}

/** Columns padded to their widest cell; the last one is left as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}
