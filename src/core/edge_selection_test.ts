import { assertEquals } from "@std/assert";
import { randomInt, seededRandom } from "../base/random.ts";
import { EdgeSelector, type EdgeSite } from "./edge_selection.ts";
import { distanceKm, type Place } from "./geography.ts";

// All on the equator, where a degree is 111 km: distances can be read off.
const STORE: Place = { lat: 0, lng: 10 };

function site(id: number, lng: number): EdgeSite {
  return { id, lat: 0, lng };
}

/** What is chosen, as text: `holder 1`, `cold 2`, `store`. */
function choice(clientLng: number, nodes: EdgeSite[], holders: number[] | undefined): string {
  const selector = new EdgeSelector({ lat: 0, lng: clientLng }, STORE, nodes);
  const chosen = selector.choose(holders === undefined ? undefined : { holders });
  return chosen.kind === "store" ? "store" : `${chosen.kind} ${chosen.node.id}`;
}

Deno.test("EdgeSelector.choose() follows the rules, case by case", () => {
  const near = site(1, 1), middle = site(2, 5), far = site(3, 30), atStore = site(4, 10);
  const table: [name: string, clientLng: number, nodes: EdgeSite[], holders: number[] | undefined, expected: string][] =
    [
      ["an unknown file goes to the store", 0, [near, middle], undefined, "store"],
      ["no node at all", 0, [], [], "store"],
      ["the only holder is near", 0, [near, middle], [2], "holder 2"],
      ["the nearest of several holders", 0, [far, middle, near], [3, 2, 1], "holder 1"],
      ["a holder that is farther than the store loses", 0, [near, far], [3], "store"],
      ["although a node without the file would be near", 0, [near, middle, far], [3], "store"],
      ["a far holder loses, a near one wins", 0, [near, far], [3, 1], "holder 1"],
      ["a holder as far as the store wins", 0, [atStore], [4], "holder 4"],
      ["a cold file goes to the nearest node", 0, [middle, near, far], [], "cold 1"],
      ["unless the store is nearer", 9.9, [near, far], [], "store"],
      ["a node as far as the store takes a cold file", 0, [atStore], [], "cold 4"],
      ["a dead holder does not count", 0, [near, middle], [9, 2], "holder 2"],
      ["a file whose holders are all dead is cold", 0, [near, middle], [9, 8], "cold 1"],
      ["holders that are named twice count once", 0, [near, middle], [2, 2, 2], "holder 2"],
      ["equal distance: the lower id", 5, [site(7, 6), site(6, 4)], [6, 7], "holder 6"],
      ["equal distance, cold: the lower id", 5, [site(7, 6), site(6, 4)], [], "cold 6"],
      ["the client stands beside the store", 10, [near, middle], [1, 2], "store"],
      ["the client stands at a node", 5, [near, middle], [1, 2], "holder 2"],
      ["across the date line", -175, [site(1, 179), site(2, -100)], [], "cold 1"],
    ];
  for (const [name, clientLng, nodes, holders, expected] of table) {
    assertEquals(choice(clientLng, nodes, holders), expected, name);
  }
});

Deno.test("EdgeSelector.choose() agrees with a look at every node, for any client", () => {
  const random = seededRandom(2);
  const place = (): Place => ({ lat: random.next() * 180 - 90, lng: random.next() * 360 - 180 });
  for (let round = 0; round < 500; round++) {
    const client = place(), store = place();
    const nodes = Array.from({ length: randomInt(random, 20) }, (_, at) => ({ id: at + 1, ...place() }));
    const holders = nodes.filter(() => randomInt(random, 4) === 0).map(({ id }) => id);
    const candidates = holders.length > 0 ? nodes.filter(({ id }) => holders.includes(id)) : nodes;
    const storeKm = distanceKm(client, store);
    let best: EdgeSite | undefined;
    for (const node of candidates) {
      if (distanceKm(client, node) > storeKm) continue;
      if (best === undefined || distanceKm(client, node) < distanceKm(client, best)) best = node;
    }
    const chosen = new EdgeSelector(client, store, nodes).choose({ holders });
    assertEquals(chosen.kind === "store" ? undefined : chosen.node.id, best?.id);
  }
});
