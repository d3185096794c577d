/** An assertion did not hold. */
export class AssertionError extends Error {
  /** Creates an error whose name is `AssertionError`. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}
