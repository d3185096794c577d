import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Random, randomInt, seededRandom } from "../../base/random.ts";
import { DownloadLab, type Peer, type PeerBehaviour, shaOf, someBytes, TARGET } from "../../../tests/download_lab.ts";
import { ClientError, type GetFileOptions } from "./client.ts";

const SIZE = 3_000_000;
const VERSIONS = [someBytes(SIZE, 1), someBytes(SIZE, 2), someBytes(SIZE - 1, 3)] as const;
const SHAS = VERSIONS.map(shaOf);
const SEEDS = 60;

function sometimes(random: Random, share: number): boolean {
  return random.next() < share;
}

/** A holder that may do anything but lie about its digest. */
function drawBehaviour(random: Random): PeerBehaviour {
  const version = sometimes(random, 0.7) ? 0 : randomInt(random, VERSIONS.length);
  const behaviour: PeerBehaviour = { content: VERSIONS[version]!, pieceMs: randomInt(random, 20) };
  const somewhere = randomInt(random, SIZE);
  if (sometimes(random, 0.3)) behaviour.cutAfterBytes = somewhere;
  else if (sometimes(random, 0.2)) behaviour.stallAfterBytes = somewhere;
  if (sometimes(random, 0.2)) behaviour.old = (["silent", "close", "error"] as const)[randomInt(random, 3)];
  if (sometimes(random, 0.1)) behaviour.refuses = ["HASH", "RANGE", "GET"][randomInt(random, 3)];
  if (sometimes(random, 0.1)) behaviour.trailer = "more";
  if (sometimes(random, 0.1)) behaviour.keepOpen = true;
  if (sometimes(random, 0.1)) behaviour.says = ["", "OK", "OK 5\nabc", "ERROR BUSY\n", "\xff\n"][randomInt(random, 5)];
  if (sometimes(random, 0.3)) behaviour.hashMs = randomInt(random, 2_000);
  return behaviour;
}

/** Lets things happen to the peers while a download runs. */
async function disturb(lab: DownloadLab, random: Random, peers: readonly Peer[]): Promise<void> {
  for (let times = randomInt(random, 6); times > 0; times--) {
    await lab.clock.advance(randomInt(random, 400));
    const peer = peers[randomInt(random, peers.length)]!;
    const what = random.next();
    if (what < 0.3) peer.kill();
    else if (what < 0.5) Object.assign(peer, { content: VERSIONS[randomInt(random, VERSIONS.length)] });
    else Object.assign(peer, { cutAfterBytes: undefined, stallAfterBytes: undefined, says: undefined });
  }
}

async function checkSeed(seed: number): Promise<void> {
  const random = seededRandom(seed);
  await using lab = new DownloadLab();
  const peers: Peer[] = [];
  for (let count = 1 + randomInt(random, 5); count > 0; count--) {
    peers.push(await lab.peer(peers.length + 1, drawBehaviour(random)));
  }
  const numbers = peers.map((_, at) => at + 1);
  await lab.index(() => numbers, { old: sometimes(random, 0.2) });
  const pieces: Uint8Array[] = [];
  const write = (bytes: Uint8Array): Promise<void> => Promise.resolve(void pieces.push(bytes.slice()));
  const toWriter = sometimes(random, 0.3);
  const to: GetFileOptions["to"] = toWriter ? { kind: "writer", write } : { kind: "file", path: TARGET };
  // Each time the next download may find what the one before left.
  for (let run = 0; run < 3; run++) {
    pieces.length = 0;
    const maxTimeMs = sometimes(random, 0.3) ? 1 + randomInt(random, 3_000) : 600_000;
    const download = lab.start({ to, parallel: 1 + randomInt(random, 5), maxTimeMs });
    const outcome = download.then(({ sha256 }) => sha256, (error) => error);
    await disturb(lab, random, peers);
    const result = await lab.clock.until(outcome);
    if (result instanceof Error) {
      await assertRejects(() => download, ClientError);
      assertEquals(lab.states.at(-1), "ERROR");
      continue;
    }
    assertEquals(lab.states.at(-1), "DONE");
    assert(SHAS.includes(result), "the bytes are of one version");
    const bytes = toWriter
      ? new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer())
      : lab.files.read(TARGET);
    assertEquals(shaOf(bytes), result);
    if (toWriter) continue;
    assertEquals(await lab.saved(), [TARGET]);
    await lab.files.remove(TARGET);
  }
}

for (let part = 0; part < 6; part++) {
  Deno.test(`getFile() gives one version or a clear error, whatever holders do (seeds ${part}, ${part + 6}, ...)`, async () => {
    for (let seed = part; seed < SEEDS; seed += 6) {
      try {
        await checkSeed(seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}
