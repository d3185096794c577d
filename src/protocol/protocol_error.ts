/**
 * The peer broke the protocol.
 *
 * @module
 */

/**
 * Bytes that the protocol does not allow. The answer is `ERROR <code>` and the end of the connection; a datagram is
 * counted and dropped.
 */
export class ProtocolError extends Error {
  /** The name of this class. */
  override readonly name = "ProtocolError";
  /** The word after `ERROR` on the wire: upper-case ASCII letters and `_`. */
  readonly code: string;

  /** Creates an error whose `message` is for people and whose `code` is for the wire. */
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
