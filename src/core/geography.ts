/**
 * Places on the earth, and how far they are apart.
 *
 * @module
 */

/** A place. Degrees of WGS 84. */
export interface Place {
  /** Latitude, -90 (south) to 90 (north). */
  readonly lat: number;
  /** Longitude, -180 (west) to 180 (east). */
  readonly lng: number;
}

/** The earth's mean radius, by the International Union of Geodesy and Geophysics. */
const EARTH_RADIUS_KM = 6_371.0088;

const RADIANS = Math.PI / 180;

/** Whether two numbers are a place: finite, and within the bounds of latitude and longitude. */
export function isPlace({ lat, lng }: Place): boolean {
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180;
}

/**
 * The great-circle distance in kilometres, by the haversine formula: exact for a sphere, within 0.5 % for the earth, and
 * precise for places that are close to each other.
 */
export function distanceKm(from: Place, to: Place): number {
  const halfLat = (to.lat - from.lat) * RADIANS / 2;
  const halfLng = (to.lng - from.lng) * RADIANS / 2;
  const haversine = Math.sin(halfLat) ** 2 +
    Math.cos(from.lat * RADIANS) * Math.cos(to.lat * RADIANS) * Math.sin(halfLng) ** 2;
  // Rounding can push the haversine of opposite places past 1, of which there is no arcsine.
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}
