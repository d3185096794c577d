/**
 * What peers say at each port when they mean well, and what they have been known to say otherwise.
 *
 * The names are such that no mutation of them harms the network under attack: everybody may report the death of anybody.
 *
 * @module
 */

/** Conversations of one port. */
export interface Corpus {
  /** Whole conversations as they should be, and the mutations' raw material. */
  readonly valid: readonly string[];
  /** Conversations that break something. */
  readonly broken: readonly (string | Uint8Array)[];
  /** What every answer looks like, whatever was said. */
  readonly answer: RegExp;
}

/** One more than the longest line. */
const LONG = 8_193;

const RUBBISH: readonly (string | Uint8Array)[] = [
  "",
  "\n",
  "\r",
  "\r\r\r\n",
  " \n",
  "\0",
  "\0".repeat(LONG),
  "A".repeat(LONG - 2) + "\n",
  "A".repeat(LONG - 1) + "\n",
  "A".repeat(LONG) + "\n",
  "A".repeat(65_536),
  "\n".repeat(10_000),
  "\ufeffHELLO\n",
  "\u202e\u0000\uffff\n",
  Uint8Array.of(0xff, 0xfe, 0xfd, 0x0a),
  Uint8Array.of(0xc3, 0x0a, 0xa9, 0x0a),
  Uint8Array.of(0xed, 0xa0, 0x80, 0x0a),
  "SSH-2.0-OpenSSH_9.2\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "__proto__ constructor toString\n",
];

/** At the index. */
export const INDEX_CORPUS: Corpus = {
  valid: [
    "HELLO\nGET big\n",
    "HELLO\r\nLIST_FILES\r\n",
    "GET big\n",
    "LOCATE big\n",
    "LIST_SERVERS\n",
    "REGISTER Ghost 9 9\nADD_FILE Ghost ghost.bin 10\nADD_FILE Ghost sub/a%20b 0\nDONE_FILES\n",
    "REGISTER_AT Ghost 127.0.0.9 9 9\nDONE_FILES\n",
    `RENEW Ghost 9 9 sha256:${"0".repeat(64)}\n`,
    `RENEW_AT Ghost 127.0.0.9 9 9 sha256:${"0".repeat(64)}\r\n`,
    "SERVER_DOWN Ghost 1700000000\n",
  ],
  broken: [
    ...RUBBISH,
    "HELLO\nHELLO\n",
    "HELLO\n".repeat(1_000),
    "GET %\n",
    `GET ${"%FF".repeat(2_000)}\n`,
    `GET ${"../".repeat(2_000)}\n`,
    "GET __proto__\n",
    "REGISTER __proto__ 9 9\nADD_FILE __proto__ constructor 1\nDONE_FILES\n",
    "REGISTER Ghost 99999999999999999999 9\n",
    "REGISTER Ghost 9 -1\n",
    "REGISTER_AT Ghost ::1%lo 9 9\n",
    "REGISTER Ghost 9 9\nADD_FILE Ghost ghost.bin 9007199254740993\n",
    "REGISTER Ghost 9 9\nADD_FILE Ghost ghost.bin 1e3\n",
    `REGISTER Ghost 9 9\n${"ADD_FILE Ghost same 1\n".repeat(5_000)}`,
    "REGISTER Ghost 9 9\nREGISTER Ghost 9 9\n",
    `RENEW Ghost 9 9 sha256:${"0".repeat(8_000)}\n`,
    "RENEW Ghost 9 9 sha256:\nRENEW Ghost 9 9\n",
    "SERVER_DOWN Ghost yesterday\nSERVER_DOWN Ghost\n",
  ],
  answer: /^(?:(?:WELCOME MICRO-CDN|OK [A-Z_]+|ERROR [A-Z_]+|END|(?:SERVER|FILE) [!-~]+(?: [!-~]+)+)\n)*$/,
};

/** At the monitor's port for questions. */
export const MONITOR_CORPUS: Corpus = {
  valid: ["LIST_SERVERS\n", "PING\n", "PING\r\n", "PING", "REGISTER_INDEX 127.0.0.9 9\n"],
  broken: [
    ...RUBBISH,
    "PING PING\n",
    "LIST_SERVERS\n".repeat(1_000),
    "REGISTER_INDEX 127.0.0.1 0\n",
    "REGISTER_INDEX 127.0.0.1 65536\n",
    `REGISTER_INDEX ${"1".repeat(300)} 9\n`,
    "REGISTER_INDEX [::1] 9\n",
  ],
  answer: /^(?:(?:PONG|OK INDEX_REGISTERED|ERROR [A-Z_]+|END|SERVER [!-~]+(?: [!-~]+){4})\n)*$/,
};

/** At a content server. */
export const CONTENT_CORPUS: Corpus = {
  valid: ["GET hello.txt\n", "HASH hello.txt\n", "RANGE 1 3 hello.txt\n", "RANGE 0 9007199254740991 hello.txt\r\n"],
  broken: [
    ...RUBBISH,
    "GET ../../../../etc/passwd\n",
    "GET %2e%2e%2f%2e%2e%2fetc%2fpasswd\n",
    "GET /etc/passwd\n",
    "GET hello.txt\0.jpg\n",
    "GET hello.txt/\n",
    "GET .\n",
    `GET ${"a/".repeat(4_000)}\n`,
    "RANGE 7 1 hello.txt\n",
    "RANGE 9007199254740992 1 hello.txt\n",
    "RANGE -1 -1 hello.txt\n",
    "RANGE 0 0 hello.txt\n",
    "GET hello.txt\n".repeat(1_000),
    "PING\n",
  ],
  answer: /^(?:OK \d+(?:\n[^]{0,6}| sha256:[0-9a-f]{64}\n)|ERROR [A-Z_]+\n)?$/,
};

/** At a management port. */
export const ADMIN_CORPUS: Corpus = {
  valid: [
    "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /metrics HTTP/1.0\r\n\r\n",
    "HEAD /state HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "POST /state HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    "POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /state HTTP/1.1\r\nHost: x\r\n\r\n",
  ],
  broken: [
    ...RUBBISH,
    "GET /health\r\n\r\n",
    "GET /health HTTP/1.1\r\n\r\n",
    "GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
    "GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET //evil/..%2f?%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: x\r\nExpect: everything\r\n\r\n",
    "POST /state HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /state HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "POST /state HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "POST /state HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /health HTTP/1.1\r\n${"X: y\r\n".repeat(5_000)}\r\n`,
    "GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(300),
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ],
  answer: /^(?:HTTP\/1\.[01] \d{3} [^]*)?$/,
};

/** Datagrams, for ports that take heartbeats and for those that take none. */
export const DATAGRAM_CORPUS: Pick<Corpus, "valid" | "broken"> = {
  valid: [
    "HEARTBEAT Ghost 127.0.0.9 9 0 1",
    "HEARTBEAT Ghost2 ::9 65535 9007199254740991 9007199254740991\n",
    "HEARTBEAT Ghost 127.0.0.9 9 1 1\r\n",
  ],
  broken: [
    ...RUBBISH.map((bytes) => bytes.slice(0, 60_000)),
    "HEARTBEAT CS1 127.0.0.1 9 0 1",
    "HEARTBEAT CS1 192.0.2.1 9 0 1",
    "HEARTBEAT __proto__ constructor 9 0 1",
    "HEARTBEAT Ghost 127.0.0.9 9 0 1\nHEARTBEAT Ghost3 127.0.0.9 9 0 1",
    `HEARTBEAT ${"G".repeat(129)} 127.0.0.1 9 0 1`,
    `HEARTBEAT Ghost 127.0.0.9 9 ${"0".repeat(480)} 1`,
  ],
};
