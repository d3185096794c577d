import { assert, assertEquals } from "@std/assert";
import { assertFails, DownloadLab, type PeerBehaviour, shaOf, someBytes, TARGET } from "../../../tests/download_lab.ts";
import { ClientError, type Download, type GetFileOptions } from "./client.ts";

const SIZE = 6_000_000;
const CONTENT = someBytes(SIZE);
const OTHER = someBytes(SIZE, 2);
const [SHA, OTHER_SHA] = [shaOf(CONTENT), shaOf(OTHER)];
const OVERTAKEN = "Cannot save file as out: another download to the same place has begun meanwhile";

/** Downloads, not told by its states from others that do so at the same time. */
function get(lab: DownloadLab, options: Partial<GetFileOptions> = {}): Promise<Download> {
  return lab.get({ onState: () => {}, ...options });
}

async function startLab(behaviour: PeerBehaviour): Promise<DownloadLab> {
  const lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, pieceMs: 1, ...behaviour });
  return lab;
}

Deno.test("getFile() ends when another download to the same place begins, which goes on where it was", async () => {
  await using lab = await startLab({});
  const first = get(lab);
  first.catch(() => {});
  await lab.clock.advance(40);
  const { resumedBytes, receivedBytes, isVerified } = await get(lab);
  await assertFails(first, "local", OVERTAKEN);
  assert(resumedBytes > 500_000, `${resumedBytes} bytes`);
  assertEquals([resumedBytes + receivedBytes, isVerified], [SIZE, true]);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(await lab.saved(), [TARGET]);
});

Deno.test("getFile() ends when another download to the same place begins with a file of its own", async () => {
  await using lab = await startLab({ old: "error" });
  const first = get(lab);
  first.catch(() => {});
  await lab.clock.advance(40);
  const { resumedBytes } = await get(lab);
  await assertFails(first, "local", OVERTAKEN);
  assertEquals(resumedBytes, 0);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(await lab.saved(), [TARGET]);
});

Deno.test("getFile() says that its unfinished file was taken away", async () => {
  await using lab = await startLab({});
  const download = get(lab);
  download.catch(() => {});
  await lab.clock.advance(40);
  await lab.files.remove(`${TARGET}.part`);
  await assertFails(download, "local", "Cannot save file as out: it was taken away meanwhile");
});

Deno.test("getFile() never leaves anything but a whole file, whenever a rival begins and whatever version it finds", async () => {
  for (const [parallel, old] of [[1, undefined], [1, "error"], [3, undefined]] as const) {
    for (const afterMs of [0, 1, 3, 5, 6, 7, 8, 50, 90, 94, 97, 98]) {
      for (const isReplaced of [false, true]) {
        await using lab = new DownloadLab();
        await lab.index(() => [1]);
        const peer = await lab.peer(1, { content: CONTENT, pieceMs: 1, old });
        const downloads = [get(lab, { parallel })];
        downloads[0]!.catch(() => {});
        await lab.clock.advance(afterMs);
        if (isReplaced) peer.content = OTHER;
        downloads.push(get(lab, { parallel }));
        const ends = await Promise.allSettled(downloads);
        const failures = ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
        assert(failures.length < 2, failures.join());
        for (const error of failures) assert(error instanceof ClientError && error.kind === "local", `${error}`);
        const sha256 = shaOf(lab.files.read(TARGET));
        assert(sha256 === SHA || sha256 === OTHER_SHA, "the file is of one version");
        if (failures.length === 0) assertEquals(await lab.saved(), [TARGET]);
      }
    }
  }
});
