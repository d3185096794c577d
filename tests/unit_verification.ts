/**
 * What systemd says of units.
 *
 * Needs: `run` of systemd-analyze, `write` of the temporary folder.
 *
 * @module
 */

/** What came of it. */
export interface Verification {
  /** The exit code: 0 if there is nothing to complain of. */
  readonly code: number;
  /** What is complained of. */
  readonly errors: string;
}

/** Has systemd read units, each under the name of its key. */
export async function verifyUnits(units: Readonly<Record<string, string>>): Promise<Verification> {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-units-" });
  try {
    const paths = Object.keys(units).map((name) => `${folder}/${name}.service`);
    for (const [name, text] of Object.entries(units)) await Deno.writeTextFile(`${folder}/${name}.service`, text);
    const { code, stderr } = await new Deno.Command("systemd-analyze", { args: ["verify", "--man=no", ...paths] })
      .output();
    return { code, errors: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
