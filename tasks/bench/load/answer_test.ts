import { assertEquals } from "@std/assert";
import { Answer, type Expectation } from "./answer.ts";

const encoder = new TextEncoder();

/** What is wrong with a text as an answer, which comes whole or byte by byte: that makes no difference. */
function problemOf(
  text: string,
  { begin = "", ...expected }: Partial<Omit<Expectation, "begin">> & { begin?: string },
): string | undefined {
  const problems = [text.length || 1, 1].map((step) => {
    const answer = new Answer({ head: "none", lengthBytes: -1, ...expected, begin: encoder.encode(begin) });
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length; at += step) answer.take(bytes.subarray(at, at + step));
    assertEquals(answer.receivedBytes, bytes.length);
    return answer.problem();
  });
  assertEquals(problems[0], problems[1]);
  return problems[0];
}

Deno.test("Answer.problem() finds none in what was expected", () => {
  for (
    const [text, expected] of [
      ["", {}],
      ["anything", {}],
      ["OK 3\nabc", { head: "line", begin: "OK 3\n", lengthBytes: 3 }],
      ["OK 0\n", { head: "line", lengthBytes: 0 }],
      ["HTTP/1.1 200 OK\r\nA: b\r\n\r\nab", { head: "http", begin: "HTTP/1.", lengthBytes: 2 }],
      ["A\r\r\n\r\n\r\n", { head: "http", lengthBytes: 2 }],
    ] as const
  ) assertEquals(problemOf(text, expected), undefined, text);
});

Deno.test("Answer.problem() says what is wrong, and shows the beginning", () => {
  for (
    const [text, expected, problem] of [
      ["", { begin: "OK" }, "the answer begins otherwise after 0 bytes: "],
      ["ERROR\n", { begin: "OK" }, "the answer begins otherwise after 6 bytes: ERROR."],
      ["O", { begin: "OK" }, "the answer begins otherwise after 1 bytes: O"],
      ["OK 3", { head: "line" }, "no whole head after 4 bytes: OK 3"],
      ["A\r\n\r", { head: "http" }, "no whole head after 4 bytes: A..."],
      ["OK 3\nab", { head: "line", lengthBytes: 3 }, "another length after 7 bytes: OK 3.ab"],
      ['OK 3\na"b\\', { head: "line", lengthBytes: 3 }, "another length after 9 bytes: OK 3.a.b."],
    ] as const
  ) assertEquals(problemOf(text, expected), problem);
});
