import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { randomInt, seededRandom } from "../base/random.ts";
import { distanceKm, isPlace, type Place } from "./geography.ts";

const SAN_FRANCISCO = { lat: 37.7749, lng: -122.4194 };
const LOS_ANGELES = { lat: 34.0522, lng: -118.2437 };
const LONDON = { lat: 51.5074, lng: -0.1278 };
const SYDNEY = { lat: -33.8688, lng: 151.2093 };
const NORTH_POLE = { lat: 90, lng: 0 };

const HALF_EARTH_KM = Math.PI * 6_371.0088;

Deno.test("distanceKm() is that of known places, within half a percent", () => {
  const table: [from: Place, to: Place, km: number][] = [
    [SAN_FRANCISCO, LOS_ANGELES, 559],
    [SAN_FRANCISCO, LONDON, 8_616],
    [LONDON, SYDNEY, 16_994],
    [{ lat: 0, lng: 0 }, { lat: 0, lng: 1 }, 111.195],
    [{ lat: 0, lng: 0 }, { lat: 1, lng: 0 }, 111.195],
    [{ lat: 60, lng: 0 }, { lat: 60, lng: 1 }, 55.6],
    // Across the date line, and over the pole.
    [{ lat: 0, lng: 179.5 }, { lat: 0, lng: -179.5 }, 111.195],
    [{ lat: 89, lng: 0 }, { lat: 89, lng: 180 }, 222.39],
    [NORTH_POLE, { lat: -90, lng: 77 }, HALF_EARTH_KM],
    [{ lat: 10, lng: 20 }, { lat: -10, lng: -160 }, HALF_EARTH_KM],
    [{ lat: 90, lng: 12 }, { lat: 90, lng: -170 }, 0],
    [SAN_FRANCISCO, SAN_FRANCISCO, 0],
  ];
  for (const [from, to, km] of table) {
    assertAlmostEquals(distanceKm(from, to), km, km * 0.005 + 1e-9);
    assertAlmostEquals(distanceKm(to, from), distanceKm(from, to), 1e-9);
  }
});

Deno.test("distanceKm() tells places apart that are a metre from each other", () => {
  const near = { lat: LONDON.lat + 1 / 111_195, lng: LONDON.lng };
  assertAlmostEquals(distanceKm(LONDON, near), 0.001, 1e-6);
});

Deno.test("distanceKm() is a distance: never negative, never past half the earth, no longer by no detour", () => {
  const random = seededRandom(1);
  const place = (): Place => ({ lat: random.next() * 180 - 90, lng: random.next() * 360 - 180 });
  for (let i = 0; i < 10_000; i++) {
    const [a, b, c] = [place(), place(), randomInt(random, 2) === 0 ? place() : NORTH_POLE];
    const direct = distanceKm(a, b);
    assert(direct >= 0 && direct <= HALF_EARTH_KM, `${direct}`);
    assert(direct <= distanceKm(a, c) + distanceKm(c, b) + 1e-9);
  }
});

Deno.test("isPlace() knows the bounds", () => {
  const good: Place[] = [NORTH_POLE, { lat: -90, lng: -180 }, { lat: 90, lng: 180 }, { lat: -0, lng: 0 }];
  const bad: Place[] = [
    { lat: 90.0001, lng: 0 },
    { lat: -91, lng: 0 },
    { lat: 0, lng: 180.5 },
    { lat: NaN, lng: 0 },
    { lat: 0, lng: NaN },
    { lat: 0, lng: -Infinity },
  ];
  for (const place of good) assertEquals(isPlace(place), true, JSON.stringify(place));
  for (const place of bad) assertEquals(isPlace(place), false, JSON.stringify(place));
});
