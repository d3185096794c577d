/** Options of {@link TextLineStream}. */
export interface TextLineStreamOptions {
  /** Whether a lone `\r` ends a line too. Default: false. */
  allowCR?: boolean;
}

/**
 * Turns pieces of text into lines without their ends: `\n` or `\r\n`. What follows the last one is a line too, unless
 * it is empty.
 *
 * @example
 * ```ts
 * import { TextLineStream } from "@std/streams/text-line-stream";
 * const lines = ReadableStream.from(["one\ntw", "o\r\nthree"]).pipeThrough(new TextLineStream());
 * if ((await Array.fromAsync(lines)).join() !== "one,two,three") throw new Error("misread");
 * ```
 */
export class TextLineStream extends TransformStream<string, string> {
  /** Pieces of a line whose end has not come yet; joined only then, or a long line would cost its square. */
  #pieces: string[] = [];

  /** Creates a stream of lines. */
  constructor({ allowCR = false }: TextLineStreamOptions = {}) {
    // At the end of a piece `\r` may be the first half of `\r\n`.
    const lineEnd = allowCR ? /\r?\n|\r(?!$)/ : /\r?\n/;
    super({
      transform: (piece, controller): void => {
        if (piece === "") return;
        const undecided = allowCR && this.#pieces.at(-1)?.endsWith("\r");
        this.#pieces.push(piece);
        if (!undecided && !lineEnd.test(piece)) return;
        const lines = this.#pieces.join("").split(lineEnd);
        const rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
        this.#pieces = rest === "" ? [] : [rest];
      },
      flush: (controller): void => {
        const rest = this.#pieces.join("");
        if (rest !== "") controller.enqueue(allowCR && rest.endsWith("\r") ? rest.slice(0, -1) : rest);
      },
    });
  }
}
