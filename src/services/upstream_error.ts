/**
 * Another role answered, but not with what was asked for.
 *
 * @module
 */

/** An HTTP answer that is an error, or makes no sense. */
export class UpstreamError extends Error {
  /** The name of this class. */
  override readonly name = "UpstreamError";
  /** Its status; 0 if the answer makes no sense whatever its status says. */
  readonly status: number;
  /** What it says is wrong. */
  readonly detail: string;

  /**
   * Creates an error that reads `Cannot <what>: it answers <status>: <detail>`.
   *
   * @param what The question: `GET 10.0.0.1:5050/get/a`.
   */
  constructor(status: number, what: string, detail: string) {
    super(`Cannot ${what}: ${status === 0 ? detail : `it answers ${status}: ${detail}`}`);
    this.status = status;
    this.detail = detail;
  }

  /** Whether another server of the same kind, or the same one later, may do better. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Whether a server does not know the path that it was asked for: it is another implementation, or something else. */
export function isUnknownPath(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && (error.status === 404 || error.status === 405);
}
