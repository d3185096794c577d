/**
 * What starting children promises on every runtime, as a list of cases that needs no test runner. They use the Unix
 * shell.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import type { ChildProcess, Spawn } from "../src/env/processes.ts";
import { assertFileError } from "./files_bench.ts";

/** One promise of a {@link Spawn}. */
export interface ProcessCase {
  /** What holds. */
  readonly name: string;
  /** Checks it. */
  run(spawn: Spawn): Promise<void>;
}

/** Starts a shell script. */
export function shell(spawn: Spawn, script: string): Promise<ChildProcess> {
  return spawn({ command: ["sh", "-c", script] });
}

/** Reads a stream to its end as text. */
export async function textOfStream(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** Reads a stream until what was read contains `part`. */
async function readUntil(stream: ReadableStream<Uint8Array>, part: string): Promise<void> {
  const reader = stream.getReader();
  let text = "";
  while (!text.includes(part)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The stream ended with "${text}"`);
    text += new TextDecoder().decode(value);
  }
  reader.releaseLock();
}

/** Everything that starting children promises. */
export const PROCESS_CASES: readonly ProcessCase[] = [
  {
    name: "reads both outputs and the exit code",
    async run(spawn): Promise<void> {
      const child = await shell(spawn, "echo out; echo err >&2; exit 3");
      assertGreater(child.pid, 0);
      assertEquals(await Promise.all([textOfStream(child.output), textOfStream(child.errors)]), ["out\n", "err\n"]);
      assertEquals(await child.ended, { kind: "exited", code: 3 });
    },
  },
  {
    name: "starts in a folder, with variables added to its own",
    async run(spawn): Promise<void> {
      const child = await spawn({
        command: ["sh", "-c", 'pwd; echo "$MICROCDN_TEST ${PATH:+path}"'],
        folder: "/",
        variables: { MICROCDN_TEST: "a b" },
      });
      assertEquals(await textOfStream(child.output), "/\na b path\n");
      assertEquals(await child.ended, { kind: "exited", code: 0 });
    },
  },
  {
    name: "rejects when there is no such program or folder, or it cannot be run",
    async run(spawn): Promise<void> {
      await assertFileError(spawn({ command: ["microcdn-no-such-program"] }), "not-found");
      await assertFileError(spawn({ command: ["sh", "-c", "true"], folder: "/no/such/folder" }), "not-found");
      await assertFileError(spawn({ command: ["/dev/null"] }), "denied");
    },
  },
  {
    name: "tells the end by a signal from the end by a code",
    async run(spawn): Promise<void> {
      for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const) {
        const child = await shell(spawn, "while :; do read line; done; exit 1");
        child.signal(signal);
        assertEquals(await child.ended, { kind: "signalled", signal });
        child.signal(signal);
      }
    },
  },
  {
    name: "sends one signal after another: stop, terminate, continue",
    async run(spawn): Promise<void> {
      const child = await shell(spawn, "trap 'echo caught; exit 7' TERM; echo ready; while :; do read line; done");
      await readUntil(child.output, "ready");
      child.signal("SIGSTOP");
      child.signal("SIGTERM");
      child.signal("SIGCONT");
      assertStringIncludes(await textOfStream(child.output), "caught");
      assertEquals(await child.ended, { kind: "exited", code: 7 });
    },
  },
  {
    name: "carries 20 MB of output",
    async run(spawn): Promise<void> {
      const child = await shell(spawn, "head -c 20000000 /dev/zero");
      let count = 0;
      for await (const chunk of child.output) count += chunk.length;
      assertEquals(count, 20_000_000);
      assertEquals(await child.ended, { kind: "exited", code: 0 });
    },
  },
  {
    name: "ends although nobody reads, whether by itself or killed while it writes",
    async run(spawn): Promise<void> {
      const small = await shell(spawn, "head -c 50000 /dev/zero");
      assertEquals(await small.ended, { kind: "exited", code: 0 });
      const endless = await shell(spawn, "echo ready >&2; exec cat /dev/zero");
      await readUntil(endless.errors, "ready");
      endless.signal("SIGKILL");
      assertEquals(await endless.ended, { kind: "signalled", signal: "SIGKILL" });
    },
  },
  {
    name: "cuts a child off whose output is cancelled",
    async run(spawn): Promise<void> {
      const child = await shell(spawn, "cat /dev/zero; exit 0");
      const reader = child.output.getReader();
      assert(!(await reader.read()).done);
      await reader.cancel();
      await child.ended;
    },
  },
  {
    name: "keeps standard input open and empty",
    async run(spawn): Promise<void> {
      const child = await shell(spawn, "echo ready; cat; echo ended");
      await readUntil(child.output, "ready");
      child.signal("SIGTERM");
      assertEquals(await child.ended, { kind: "signalled", signal: "SIGTERM" });
      assertEquals(await textOfStream(child.output), "");
    },
  },
  {
    name: "writes to standard input, and ends it",
    async run(spawn): Promise<void> {
      const child = await shell(spawn, "read line; echo got $line; wc -c; echo ended");
      await child.input.write(new TextEncoder().encode("one line\n"));
      await readUntil(child.output, "got one line\n");
      const rest = textOfStream(child.output);
      await child.input.write(new Uint8Array(1_000_000));
      child.input.close();
      child.input.close();
      assertEquals((await rest).trim().split(/\s+/), ["1000000", "ended"]);
      assertEquals(await child.ended, { kind: "exited", code: 0 });
    },
  },
  {
    name: "loses what a child does not read, without an error",
    async run(spawn): Promise<void> {
      const deaf = await shell(spawn, "echo ready; exec sleep 60");
      await readUntil(deaf.output, "ready");
      // More than a pipe holds: it waits until the child ends.
      const writing = deaf.input.write(new Uint8Array(10_000_000));
      deaf.signal("SIGKILL");
      await Promise.all([writing, deaf.ended]);
      await deaf.input.write(new Uint8Array(10));
      deaf.input.close();
      await deaf.input.write(new Uint8Array(10));
    },
  },
  {
    name: "gives inherited streams no output to read, and nowhere to write",
    async run(spawn): Promise<void> {
      const child = await spawn({ command: ["sh", "-c", "exit 4"], streams: "inherited" });
      await child.input.write(new Uint8Array(10));
      child.input.close();
      assertEquals(await child.ended, { kind: "exited", code: 4 });
      assertEquals(await textOfStream(child.output), "");
      assertEquals(await textOfStream(child.errors), "");
    },
  },
  {
    name: "inherits standard error alone",
    async run(spawn): Promise<void> {
      // Where it leads to; "none" on a system that does not tell.
      const script = "readlink /proc/self/fd/2 || echo none";
      const child = await spawn({ command: ["sh", "-c", script], errors: "inherited" });
      const other = await spawn({ command: ["sh", "-c", script] });
      const [inherited, piped] = await Promise.all([textOfStream(child.output), textOfStream(other.output)]);
      if (piped !== "none\n") assert(inherited !== piped, piped);
      assertEquals(await textOfStream(child.errors), "");
      assertEquals(await child.ended, { kind: "exited", code: 0 });
      await other.ended;
    },
  },
];
