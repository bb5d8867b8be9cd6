import type { Command } from 'commander';

import type { Context } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';

/** What may follow a chain of verbs: further verbs and options. */
export interface CompletionEntry {
  /** `''` for the command itself, `app add` for a verb of a verb. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
}

const SHELLS: Readonly<Record<string, (entries: readonly CompletionEntry[]) => string>> = { bash, zsh, fish };

const INSTALL: Readonly<Record<string, string>> = {
  bash: 'source <(signalbox completion bash)   (add it to ~/.bashrc)',
  zsh: 'source <(signalbox completion zsh)   (add it to ~/.zshrc, after compinit)',
  fish: 'signalbox completion fish > ~/.config/fish/completions/signalbox.fish',
};

/** `completion <shell>`: a script made from the verbs and options themselves, so that it cannot lag behind. */
export function completion(context: Context, program: Command, shell: string | undefined): Promise<ExitCode> {
  const script = SHELLS[shell ?? ''];
  if (script === undefined) {
    throw new CommandFailure(EXIT_CODES.usage, `The shell must be one of ${Object.keys(SHELLS).join(', ')}.`);
  }
  context.terminal.raw(script(entriesOf(program)));
  context.terminal.next(INSTALL[shell!]!);
  return Promise.resolve(EXIT_CODES.done);
}

/** Every chain of verbs with what may follow it. */
export function entriesOf(program: Command, path = ''): CompletionEntry[] {
  const globals = path === '' ? [] : rootOf(program).options;
  const options = [...program.options, ...globals].filter((option) => option.long !== undefined);
  const verbs = program.commands.map((command) => ({ word: command.name(), description: command.description() }));
  const words = [...verbs, ...options.map((option) => ({ word: option.long!, description: option.description }))];
  return [
    { path, words },
    ...program.commands.flatMap((command) => entriesOf(command, `${path} ${command.name()}`.trim())),
  ];
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** The verbs that were typed so far, options left out, are the key to what may follow. */
function bash(entries: readonly CompletionEntry[]): string {
  const cases = entries.map(
    ({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`,
  );
  return `# bash completion of signalbox
_signalbox() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path='' word words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$path $word" in
${verbCases(entries)}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _signalbox signalbox
`;
}

function verbCases(entries: readonly CompletionEntry[]): string {
  return entries
    .filter(({ path }) => path !== '')
    .map(({ path }) => {
      const parts = path.split(' ');
      const before = parts.slice(0, -1).join(' ');
      return `      '${before} ${parts.at(-1)!}') path='${path}' ;;`;
    })
    .join('\n');
}

function zsh(entries: readonly CompletionEntry[]): string {
  const cases = entries.map(({ path, words }) => {
    const described = words.map(({ word, description }) => `      '${quoted(word)}:${quoted(description)}'`);
    return `    '${path}') choices=(\n${described.join('\n')}\n    ) ;;`;
  });
  return `#compdef signalbox
_signalbox() {
  local typed='' word
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$typed $word" in
${verbCases(entries).replaceAll("path='", "typed='")}
    esac
  done
  case "$typed" in
${cases.join('\n')}
  esac
  _describe 'signalbox' choices || _files
}
compdef _signalbox signalbox
`;
}

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:');
}

function fish(entries: readonly CompletionEntry[]): string {
  const lines = entries.flatMap(({ path, words }) =>
    words.map(({ word, description }) => {
      const condition = `__signalbox_at '${path}'`;
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c signalbox -n "${condition}" ${what} -d '${description.replaceAll("'", "\\'")}'`;
    }),
  );
  const paths = entries.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `# fish completion of signalbox
function __signalbox_at
  set -l path ''
  for word in (commandline -opc)[2..]
    set -l longer (string trim "$path $word")
    contains -- $longer ${paths.join(' ')}; and set path $longer
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
