/**
 * Orders to a machine, as the text that its shell reads: `machine.sh` and calls of its functions.
 *
 * @module
 */

import { quoteWord, quoteWords } from "./shell_words.ts";

/** A call of a function of `machine.sh`. */
export type Call = readonly [name: string, ...args: string[]];

/** What a login shell is to run, whichever it is: a POSIX shell that reads its script from standard input. */
export const SHELL = "sh -s";

/** A folder as an argument that no command takes for a flag. */
function place(folder: string): string {
  return folder.startsWith("/") ? folder : `./${folder}`;
}

/**
 * Writes a script. All calls are in one function that is called at the end, and every word is closed by a quote: of a
 * script that breaks off nothing is run.
 */
function render(library: string, calls: readonly Call[]): string {
  const lines = calls.map(([name, ...args]) => `  ${[name, ...args.map(quoteWord)].join(" ")}\n`);
  return `${library}\njob() {\n${lines.join("")}  tell done\n}\njob\n`;
}

/** Options of {@link reportOrder}. */
export interface ReportOptions {
  /** Whether to read every program and compare its bytes. */
  readonly checksPrograms: boolean;
  /** Whether roles may be allowed to outlive the login, where that needs to be asked for. */
  readonly mayLinger: boolean;
}

/** Orders a report. */
export function reportOrder(library: string, folder: string, options: ReportOptions): string {
  const { checksPrograms, mayLinger } = options;
  return render(library, [["report", place(folder), checksPrograms ? "check" : "-", mayLinger ? "allow" : "-"]]);
}

/** Orders changes of roles, one after the other, while nobody else changes anything; what is not used any more goes. */
export function changeOrder(library: string, folder: string, calls: readonly Call[]): string {
  return render(library, [["open_folder", place(folder)], ["lock"], ["install_self", library], ...calls, ["sweep"]]);
}

/** Orders something that changes nothing. */
export function lookOrder(library: string, folder: string, calls: readonly Call[]): string {
  return render(library, [["open_folder", place(folder)], ...calls]);
}

/** How receiving a program can fail, by exit code. */
export const RECEIVE_FAILURES: Readonly<Record<number, "folder" | "write" | "mismatch">> = {
  71: "folder",
  72: "write",
  73: "mismatch",
};

/**
 * What takes a program in: writes standard input to a file of its own, compares its bytes, and only then gives it its
 * name. Without line ends, so that any login shell passes it on.
 */
const RECEIVE = [
  "umask 077",
  'mkdir -p "$1/bin" && cd "$1" || exit 71',
  "t=bin/.upload-$$",
  `trap 'rm -f "$t"' EXIT`,
  "trap 'exit 1' HUP INT TERM PIPE",
  'cat >"$t" || exit 72',
  's=$(sha256sum <"$t" 2>/dev/null || shasum -a 256 <"$t" 2>/dev/null || openssl dgst -sha256 -r <"$t")',
  '[ "${s%% *}" = "$2" ] || exit 73',
  'chmod 700 "$t" && mv -f "$t" "bin/$3" || exit 72',
].join("; ");

/** What is to be received. */
export interface Delivery {
  /** The machine's folder. */
  readonly folder: string;
  /** What the program is to be called there. */
  readonly program: string;
  /** The SHA-256 that it must have. */
  readonly sha256: string;
}

/** Returns the command that receives a program on its standard input. */
export function receiveCommand({ folder, program, sha256 }: Delivery): string {
  return `sh -c ${quoteWords([RECEIVE, "sh", place(folder), sha256, program])}`;
}
