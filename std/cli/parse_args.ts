/**
 * Command line arguments as an object of flags.
 *
 * @module
 */

/** Names of flags, as far as the compiler knows them. */
type Names = string | undefined;

/** As {@link Names}; a plain `true` stands for every long flag. */
type BooleanNames = Names | boolean;

type Aliases = Readonly<Record<string, string | readonly string[]>>;

type Texts<S, C, N> =
  & { [K in Extract<Exclude<S, C>, string>]?: K extends N ? string | false : string }
  & { [K in Extract<S & C, string>]: K extends N ? string[] | false : string[] };

type Switches<B, C> = { [K in Extract<B, string>]: K extends C ? boolean[] : boolean };

type Lists<C, B, S, N> = { [K in Extract<Exclude<C, B | S>, string>]: K extends N ? unknown[] | false : unknown[] };

type WithDefaults<T, D> = D extends Record<string, unknown>
  ? Omit<T, keyof D> & { [K in keyof D]: K extends keyof T ? D[K] | NonNullable<T[K]> : unknown }
  : T;

type NamesOf<K, A> = K extends keyof A ? K | (A[K] extends readonly (infer Name)[] ? Name : A[K]) : K;

type WithAliases<T, A> = { [K in keyof T as Extract<NamesOf<K, A>, PropertyKey>]: T[K] };

/** What the flags come to; anything goes where no flag is declared. */
type Values<B, S, C, N, D, A> = [Extract<B, string | true>, S, C] extends [never, undefined, undefined]
  // deno-lint-ignore no-explicit-any -- the published signature: undeclared flags are of any type
  ? Record<string, any>
  : Record<string, unknown> & WithAliases<WithDefaults<Texts<S, C, N> & Switches<B, C> & Lists<C, B, S, N>, D>, A>;

type Flat<T> = { [K in keyof T]: T[K] };

/** What {@link parseArgs} returns: the flags' values, and under `_` all that is no flag. */
export type Args<
  // deno-lint-ignore no-explicit-any -- the published signature: undeclared flags are of any type
  TArgs extends Record<string, unknown> = Record<string, any>,
  TDoubleDash extends boolean | undefined = undefined,
> = Flat<
  & TArgs
  & { _: Array<string | number> }
  & (true extends TDoubleDash ? { "--": string[] } : Record<never, never>)
>;

/** Options of {@link parseArgs}. */
export interface ParseOptions<
  TBooleans extends BooleanNames = BooleanNames,
  TStrings extends Names = Names,
  TCollectable extends Names = Names,
  TNegatable extends Names = Names,
  TDefault extends Record<string, unknown> | undefined = Record<string, unknown> | undefined,
  TAliases extends Aliases | undefined = Aliases | undefined,
  TDoubleDash extends boolean | undefined = boolean | undefined,
> {
  /** Whether what follows `--` goes to `"--"` instead of `_`. Default: false. */
  "--"?: TDoubleDash;
  /** Further names of flags. */
  alias?: TAliases;
  /** Flags that take no value, false when absent; `true` means every long one without `=`. */
  boolean?: TBooleans | ReadonlyArray<Extract<TBooleans, string>>;
  /** Values of flags that are absent. */
  default?: TDefault;
  /** Whether the first argument that is no flag ends the parsing. Default: false. */
  stopEarly?: boolean;
  /** Flags whose values stay text; `_` means the arguments that are no flags. Other digits become numbers. */
  string?: TStrings | ReadonlyArray<Extract<TStrings, string>>;
  /** Flags that may be given several times, as a list. For others the last one counts. */
  collect?: TCollectable | ReadonlyArray<Extract<TCollectable, string>>;
  /** Flags that `--no-NAME` sets to false. */
  negatable?: TNegatable | ReadonlyArray<Extract<TNegatable, string>>;
  /** Called for every undeclared flag, and for every argument that is none; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/**
 * Reads command line arguments.
 *
 * A flag takes its value after `=`, or from the next argument unless that begins with `-`. Flags are declared by
 * `string`, `boolean` and `collect`; a dot in a name makes an object. Values and other arguments that read as numbers
 * become numbers, unless they are declared as strings.
 *
 * @example
 * ```ts
 * import { parseArgs } from "@std/cli/parse-args";
 * const { _: names, port, verbose } = parseArgs(["hello.txt", "--port", "5050", "--verbose"], {
 *   string: ["port", "_"],
 *   boolean: ["verbose"],
 * });
 * if (names[0] !== "hello.txt" || port !== "5050" || !verbose) throw new Error("misread");
 * ```
 *
 * @throws {TypeError} if an alias is undefined.
 */
export function parseArgs<
  TDoubleDash extends boolean | undefined = undefined,
  TBooleans extends BooleanNames = undefined,
  TStrings extends Names = undefined,
  TCollectable extends Names = undefined,
  TNegatable extends Names = undefined,
  TDefaults extends Record<string, unknown> | undefined = undefined,
  const TAliases extends Aliases | undefined = undefined,
>(
  args: readonly string[],
  options: ParseOptions<TBooleans, TStrings, TCollectable, TNegatable, TDefaults, TAliases, TDoubleDash> = {},
): Args<Values<TBooleans, TStrings, TCollectable, TNegatable, TDefaults, TAliases>, TDoubleDash> {
  const parser = new Parser(options as ParseOptions);
  return parser.parse(args) as ReturnType<
    typeof parseArgs<TDoubleDash, TBooleans, TStrings, TCollectable, TNegatable, TDefaults, TAliases>
  >;
}

type Value = string | number | boolean;

/** One run over a command line. */
class Parser {
  readonly #options: ParseOptions;
  readonly #aliases: Map<string, Set<string>>;
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  readonly #result: Record<string, unknown> & { _: Array<string | number> } = { _: [] };

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#aliases = readAliases(options.alias ?? {});
    this.#booleans = this.#names(typeof options.boolean === "boolean" ? undefined : options.boolean);
    this.#strings = this.#names(options.string);
    this.#collected = this.#names(options.collect);
    this.#negatable = this.#names(options.negatable);
  }

  parse(args: readonly string[]): Record<string, unknown> {
    const end = args.indexOf("--");
    const flags = end === -1 ? args : args.slice(0, end);
    const rest = end === -1 ? [] : args.slice(end + 1);
    for (let at = 0; at < flags.length;) at = this.#take(flags, at);
    this.#fillIn();
    if (this.#options["--"]) this.#result["--"] = rest;
    else this.#result._.push(...rest);
    return this.#result;
  }

  /** Takes the argument at `at`, with its value if that is the next one, and returns where to go on. */
  #take(args: readonly string[], at: number): number {
    const arg = args[at]!;
    const next = args[at + 1];
    if (/^--./s.test(arg)) return at + 1 + this.#takeLong(arg, next);
    if (/^-./s.test(arg)) return at + 1 + this.#takeShort(arg, next);
    if (this.#options.unknown?.(arg) !== false) {
      this.#result._.push(this.#strings.has("_") || !readsAsNumber(arg) ? arg : Number(arg));
    }
    if (!this.#options.stopEarly) return at + 1;
    this.#result._.push(...args.slice(at + 1));
    return args.length;
  }

  /** Takes `--name`, `--no-name` or `--name=value`, and returns how many further arguments it used. */
  #takeLong(arg: string, next: string | undefined): number {
    const negated = /^--no-./s.test(arg);
    const body = arg.slice(negated ? 5 : 2);
    const split = body.indexOf("=", 1);
    if (split !== -1) {
      const name = body.slice(0, split), value = body.slice(split + 1);
      this.#set(name, this.#booleans.has(name) ? value !== "false" : value, arg);
      return 0;
    }
    if (negated && this.#negatable.has(body)) {
      this.#set(body, false, arg, { replace: true });
      return 0;
    }
    const name = negated ? `no-${body}` : body;
    const switched = this.#options.boolean === true || this.#isBoolean(name);
    return this.#setFromNext(name, next, arg, !switched && !next?.startsWith("-"));
  }

  /** Takes `-a`, `-abc`, `-p80` or `-p=80`, and returns how many further arguments it used. */
  #takeShort(arg: string, next: string | undefined): number {
    for (let at = 1; at < arg.length - 1; at++) {
      const letter = arg[at]!;
      const value = this.#valueWithin(letter, arg.slice(at + 1));
      if (value !== undefined) {
        this.#set(letter, value, arg);
        return 0;
      }
      const dash = arg.slice(at + 1) === "-";
      this.#set(letter, dash ? "-" : this.#bare(letter), arg);
    }
    const last = arg.at(-1)!;
    if (last === "-") return 0;
    const valued = !/^--?[^-]/.test(next ?? "") && !this.#isBoolean(last);
    return this.#setFromNext(last, next, arg, valued);
  }

  /** The value that is written right behind a letter: `=x`, digits, or what begins with a sign. */
  #valueWithin(letter: string, behind: string): string | undefined {
    if (behind === "-") return undefined;
    if (behind === "=") return "";
    if (/[A-Za-z]/.test(letter)) {
      const [, value] = /=(.+)/.exec(behind) ?? [];
      if (value !== undefined) return value;
      if (/-?\d+(\.\d*)?(e-?\d+)?$/.test(behind)) return behind;
    }
    return behind.length > 1 && /^\W/.test(behind) ? behind : undefined;
  }

  /** Sets a flag to the next argument if it may be its value, to what a flag without a value is otherwise. */
  #setFromNext(name: string, next: string | undefined, arg: string, valued: boolean): number {
    if (next && valued) {
      this.#set(name, next, arg);
      return 1;
    }
    if (next === "true" || next === "false") {
      this.#set(name, next === "true", arg);
      return 1;
    }
    this.#set(name, this.#bare(name), arg);
    return 0;
  }

  #bare(name: string): Value {
    return this.#strings.has(name) ? "" : true;
  }

  /** Whether a flag, or one that is an alias of it, takes no value. */
  #isBoolean(name: string): boolean {
    return this.#booleans.has(name) || [...this.#aliases.get(name) ?? []].some((one) => this.#booleans.has(one));
  }

  #set(name: string, value: Value, arg: string, { replace = false } = {}): void {
    const declared = this.#booleans.has(name) || this.#strings.has(name) || this.#aliases.has(name) ||
      this.#collected.has(name) || (this.#options.boolean === true && /^--[^=]+$/.test(arg));
    if (!declared && this.#options.unknown?.(arg, name, value) === false) return;
    const read = typeof value === "string" && !this.#strings.has(name) && readsAsNumber(value) ? Number(value) : value;
    const collect = !replace && this.#collected.has(name);
    for (const one of [name, ...this.#aliases.get(name) ?? []]) put(this.#result, one.split("."), read, collect);
  }

  /** Gives absent flags their defaults. */
  #fillIn(): void {
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      if (has(this.#result, name.split("."))) continue;
      for (const one of [name, ...this.#aliases.get(name) ?? []]) put(this.#result, one.split("."), value, false);
    }
    for (const name of [...this.#booleans, ...this.#strings]) {
      if (has(this.#result, name.split("."))) continue;
      if (this.#collected.has(name)) put(this.#result, name.split("."), [], false);
      else if (this.#booleans.has(name)) put(this.#result, name.split("."), false, false);
    }
  }

  /** A list of names with all their aliases. */
  #names(names: string | readonly string[] | undefined): Set<string> {
    const listed = (typeof names === "string" ? [names] : names ?? []).filter(Boolean);
    return new Set(listed.flatMap((name) => [name, ...this.#aliases.get(name) ?? []]));
  }
}

/** For each name all the others that mean the same flag. */
function readAliases(options: Aliases): Map<string, Set<string>> {
  const aliases = new Map<string, Set<string>>();
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) throw new TypeError("Alias value must be defined");
    const others = typeof value === "string" ? [value] : value;
    aliases.set(name, new Set(others));
    for (const one of others) aliases.set(one, new Set([name, ...others.filter((other) => other !== one)]));
  }
  return aliases;
}

function readsAsNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/** Keys that reach a prototype instead of the result. */
function isForbidden(object: Record<string, unknown>, key: string): boolean {
  return key === "__proto__" || (key === "constructor" && typeof object[key] === "function");
}

/** Puts a value where a path of keys leads, making objects on the way. */
function put(object: Record<string, unknown>, keys: readonly string[], value: unknown, collect: boolean): void {
  let at = object;
  for (const key of keys.slice(0, -1)) {
    if (isForbidden(at, key)) return;
    at = (at[key] ??= {}) as Record<string, unknown>;
  }
  const last = keys.at(-1)!;
  if (isForbidden(at, last)) return;
  const there = at[last];
  if (collect && Array.isArray(there)) there.push(value);
  else if (collect) at[last] = there ? [there, value] : [value];
  else at[last] = value;
}

function has(object: unknown, keys: readonly string[]): boolean {
  let at = object;
  for (const key of keys) {
    if (!Object.hasOwn(at as object, key)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return true;
}
