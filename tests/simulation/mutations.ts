/**
 * Deliberate faults in the roles: whether the simulation finds each of them says what its silence is worth.
 *
 * @module
 */

/** A deliberate fault, as a change of text. */
export interface Mutation {
  /** What goes wrong, in a few words. */
  readonly name: string;
  /** The file that is changed. */
  readonly path: string;
  /** What is there: exactly once. */
  readonly search: string;
  /** What comes in its place. */
  readonly replace: string;
}

/** All of them. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "SERVER_DOWN is sent once, whether it arrives or not",
    path: "src/roles/cdn/reporter.ts",
    search: "if (await this.#reach.attempt(signal, () => this.#send(report, signal))) {",
    replace: "await this.#reach.attempt(signal, () => this.#send(report, signal));\n      if (!signal.aborted) {",
  },
  {
    name: "deaths are reported in reverse order",
    path: "src/core/report_queue.ts",
    search: "return this.#reports.values().next().value;",
    replace: "return [...this.#reports.values()].at(-1);",
  },
  {
    name: "the report of a death is not taken back when the server is heard again",
    path: "src/roles/cdn/monitor.ts",
    search: "this.#reporters.withdraw(id);",
    replace: "",
  },
  {
    name: "a content server registers only once",
    path: "src/roles/cdn/registrar.ts",
    search: "const limitMs = registerMs * (0.8 + 0.2 * random.next());",
    replace: "const limitMs = registerMs * 1_000_000;",
  },
  {
    name: "a content server renews what is no longer its list",
    path: "src/roles/cdn/registrar.ts",
    search: "taken.generation === this.#offer.generation",
    replace: "taken.generation >= 0",
  },
  {
    name: "a dead server that renews stays dead",
    path: "src/core/routing_table.ts",
    search: 'if (verdict !== "unknown") this.#catalog.setAlive(id, true, nowMs);',
    replace: "",
  },
  {
    name: "a registration empties the old list before the new one is whole",
    path: "src/core/routing_table.ts",
    search: "this.#drafts.add(draft);",
    replace:
      "this.#drafts.add(draft);\n    this.#catalog.register(server, new Map(), this.#catalog.lifeOf(id)?.decidedMs ?? 0);",
  },
  {
    name: "a name that is registered no more stays with its holder",
    path: "src/core/catalog.ts",
    search: "if (files.has(name)) continue;\n      this.#release(name, entry);",
    replace: "if (!before.has(name)) continue;",
  },
  {
    name: "the time-out is a second too short",
    path: "src/core/failure_detector.ts",
    search: "nowMs - member.lastBeatMs <= this.#timeoutMs",
    replace: "nowMs - member.lastBeatMs <= this.#timeoutMs - 1_000",
  },
  {
    name: "the time-out is a second too long",
    path: "src/core/failure_detector.ts",
    search: "nowMs - member.lastBeatMs <= this.#timeoutMs",
    replace: "nowMs - member.lastBeatMs <= this.#timeoutMs + 1_000",
  },
  {
    name: "a death is found again at each check",
    path: "src/core/failure_detector.ts",
    search: "      member.alive = false;\n",
    replace: "",
  },
  {
    name: "the monitor reports without checking",
    path: "src/core/census.ts",
    search: 'for (const { lifecycle } of checked) lifecycle.become("CHECKING");',
    replace: "",
  },
  {
    name: "a dead server is revived by a list that was asked for before its death",
    path: "src/core/reconciliation.ts",
    search: "if (askedMs <= life.decidedMs) continue;",
    replace: "",
  },
  {
    name: "a server that has just registered is buried at once",
    path: "src/core/reconciliation.ts",
    search: "else if (askedMs - life.decidedMs > graceMs)",
    replace: "else",
  },
  {
    name: "a restarted monitor does not ask whom to expect",
    path: "src/roles/cdn/monitor.ts",
    search: "if (!status.alive || !this.#census.expect(status, clock.now())) continue;",
    replace: "if (status.id.length > 0) continue;",
  },
  {
    name: "a silent server counts as alive though it does not answer either",
    path: "src/roles/cdn/monitor.ts",
    search: "if (!answers) return;",
    replace: "",
  },
  {
    name: "a lookup names dead holders too",
    path: "src/core/catalog.ts",
    search: "return holders.filter(({ alive }) => alive).map",
    replace: "return holders.map",
  },
  {
    name: "a content server does not look at its folder again",
    path: "src/roles/cdn/offer.ts",
    search: "        await abortable(this.rescan(), signal);\n",
    replace: "",
  },
  {
    name: "the digest of a download is not compared",
    path: "src/roles/cdn/download.ts",
    search: "if (expected === undefined || sha256 === expected) {",
    replace: "if (expected === undefined || sha256.length === expected.length) {",
  },
  {
    name: "SERVER_DOWN is acknowledged and not carried out",
    path: "src/roles/cdn/index.ts",
    search: "const wasAlive = this.table.bury(id, this.#env.clock.now());",
    replace: "const wasAlive = false;",
  },
  {
    name: "a part of a file is asked for from where it began, not from where it goes on",
    path: "src/roles/cdn/fetcher.ts",
    search: "const part = { offsetBytes: segment.next, lengthBytes: segment.end - segment.next };",
    replace: "const part = { offsetBytes: 0, lengthBytes: segment.end - segment.next };",
  },
  {
    name: "a file that changes while it is sent is sent on",
    path: "src/services/file_pieces.ts",
    search: "return sameContent(await this.#file.info(), this.#options.found.info);",
    replace: "return (await this.#file.info()).sizeBytes >= 0;",
  },
  {
    name: "a finished download leaves its file open",
    path: "src/services/part_file.ts",
    search: "    await this.#close();\n    await this.#files.rename(",
    replace: "    await this.#files.rename(",
  },
];
