import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { getMetadataStorage, validateSync } from 'class-validator';

/** How one setting is named, explained and defaulted. */
export interface SettingOptions {
  /** One sentence for the operator; shown in README tables and in errors. */
  readonly description: string;
  /** Value when the variable is not set. A setting with neither default nor `optional` must be set. */
  readonly default?: string | number | boolean | readonly string[] | URL;
  /** The property stays undefined when the variable is not set. */
  readonly optional?: boolean;
  /** The value is never shown; `NAME_FILE` may name a file that holds it instead. */
  readonly secret?: boolean;
}

interface DeclaredSetting {
  readonly property: string;
  readonly name: string;
  readonly kind: unknown;
  readonly options: SettingOptions;
}

const declared = new WeakMap<object, DeclaredSetting[]>();

/**
 * Declares a property of a settings class. The property's TypeScript type decides the conversion: `string`,
 * `number`, `boolean` (`true`/`false`/`1`/`0`), `URL`, or `string[]` (comma-separated). Rules beyond the type
 * are class-validator decorators beside it.
 */
export function Setting(name: string, options: SettingOptions): PropertyDecorator {
  return (prototype, property) => {
    const kind: unknown = Reflect.getMetadata('design:type', prototype, property);
    const rows = declared.get(prototype) ?? [];
    rows.push({ property: String(property), name, kind, options });
    declared.set(prototype, rows);
  };
}

/** Every bad or missing variable at once, one line each; never holds a value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly problems: readonly string[]) {
    super(`${String(problems.length)} bad setting${problems.length === 1 ? '' : 's'}:\n${problems.join('\n')}`);
  }
}

/**
 * Reads a settings class from the environment, once, whole. A secret may come from the file that `NAME_FILE` names
 * (a trailing line end is dropped). An empty variable counts as not set.
 * @throws SettingsError naming every variable that is missing, cannot be converted or breaks a rule.
 */
export function readSettings<T extends object>(Class: new () => T, env: NodeJS.ProcessEnv = process.env): T {
  const rows = settingsOf(Class);
  const problems: string[] = [];
  const failed = new Set<string>();
  const settings = new Class();
  for (const row of rows) {
    const outcome = readOne(row, env);
    if ('problem' in outcome) {
      problems.push(`${row.name}: ${outcome.problem} (${row.options.description})`);
      failed.add(row.property);
    } else if (outcome.value !== undefined) {
      Object.defineProperty(settings, row.property, { value: outcome.value, enumerable: true, writable: true });
    }
  }
  problems.push(...brokenRules(settings, rows, failed));
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** One row of a README table. */
export interface SettingRow {
  readonly name: string;
  readonly default: string;
  readonly description: string;
}

/** The settings of a class as README rows, in the order in which they were declared. */
export function describeSettings(Class: new () => object): SettingRow[] {
  return settingsOf(Class).map(({ name, options }) => ({
    name: options.secret ? `${name} or ${name}_FILE` : name,
    default: options.default === undefined ? (options.optional ? 'not set' : 'required') : String(options.default),
    description: options.description,
  }));
}

function settingsOf(Class: new () => object): DeclaredSetting[] {
  const rows: DeclaredSetting[] = [];
  for (
    let at = Class.prototype as object | null;
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) {
    rows.unshift(...(declared.get(at) ?? []));
  }
  // A subclass may redeclare a setting (another default port, say): the last declaration counts.
  return [...new Map(rows.map((row) => [row.property, row])).values()];
}

type Outcome = { readonly value: unknown } | { readonly problem: string };

function readOne(row: DeclaredSetting, env: NodeJS.ProcessEnv): Outcome {
  const raw = rawValue(row, env);
  if ('problem' in raw) return raw;
  if (raw.value !== undefined) return convert(raw.value, row.kind);
  if (row.options.default !== undefined) return { value: row.options.default };
  return row.options.optional ? { value: undefined } : { problem: 'is not set' };
}

function rawValue(row: DeclaredSetting, env: NodeJS.ProcessEnv): { value: string | undefined } | { problem: string } {
  const direct = env[row.name] || undefined;
  const file = row.options.secret ? env[`${row.name}_FILE`] || undefined : undefined;
  if (file === undefined) return { value: direct };
  if (direct !== undefined) return { problem: `is set together with ${row.name}_FILE; set one of the two` };
  try {
    return { value: readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined };
  } catch {
    return { problem: `the file that ${row.name}_FILE names cannot be read` };
  }
}

function convert(raw: string, kind: unknown): Outcome {
  switch (kind) {
    case Number: {
      const value = Number(raw);
      return raw.trim() === '' || Number.isNaN(value) ? { problem: 'must be a number' } : { value };
    }
    case Boolean:
      if (/^(true|1)$/i.test(raw)) return { value: true };
      return /^(false|0)$/i.test(raw) ? { value: false } : { problem: 'must be true or false' };
    case Array:
      return {
        value: raw
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      };
    case URL:
      return URL.canParse(raw) ? { value: new URL(raw) } : { problem: 'must be a URL' };
    default:
      return { value: raw };
  }
}

/** The class-validator rules, told by the variable's name; a variable that is missing or not convertible is told once. */
function brokenRules(settings: object, rows: readonly DeclaredSetting[], failed: ReadonlySet<string>): string[] {
  // Without any rule class-validator reports an "unknown value" error of its own: such a class has nothing to check.
  const rules = getMetadataStorage().getTargetValidationMetadatas(settings.constructor, '', false, false);
  if (rules.length === 0) return [];
  const byProperty = new Map(rows.map((row) => [row.property, row]));
  const problems: string[] = [];
  for (const error of validateSync(settings, { skipMissingProperties: true })) {
    const row = byProperty.get(error.property);
    if (!row || failed.has(error.property)) continue;
    for (const message of Object.values(error.constraints ?? {})) {
      problems.push(`${row.name}: ${message.replaceAll(error.property, '').trim()} (${row.options.description})`);
    }
  }
  return problems;
}
