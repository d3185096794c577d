/**
 * Header fields of HTTP: finding them, and the forms that several of them share.
 *
 * Source: RFC 9110, sections 5.3 (lists), 5.6.7 (dates) and 8.8.3 (entity tags).
 *
 * @module
 */

/** Header fields as `HttpRequest` has them. */
export type HttpFields = readonly (readonly [name: string, value: string])[];

/** An entity tag. */
export interface EntityTag {
  /** Whether it is weak: two bodies of that tag mean the same, and may differ in bytes. */
  readonly isWeak: boolean;
  /** What stands between the quotes. */
  readonly opaque: string;
}

/** The value of a field, lines of the same name joined by a comma; `undefined` without one. Names have no case. */
export function fieldOf(fields: HttpFields, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = fields.filter(([one]) => one.toLowerCase() === wanted).map(([, value]) => value.trim());
  return values.length === 0 ? undefined : values.join(", ");
}

const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y;

/** Reads one entity tag: `"abc"`, `W/"abc"`; `undefined` for anything else. */
export function readEntityTag(text: string): EntityTag | undefined {
  const tags = readEntityTags(text);
  return tags !== "*" && tags?.length === 1 ? tags[0] : undefined;
}

/** Reads a list of entity tags, or `*`; `undefined` for anything else. */
export function readEntityTags(text: string): EntityTag[] | "*" | undefined {
  if (text.trim() === "*") return "*";
  const tags: EntityTag[] = [];
  // A tag may hold a comma, so the text is walked, not split. Empty elements are to be passed over.
  for (let at = 0; at < text.length;) {
    if (/[ \t,]/.test(text[at]!)) {
      at++;
      continue;
    }
    TAG.lastIndex = at;
    const found = TAG.exec(text);
    if (found === null) return undefined;
    at = TAG.lastIndex;
    if (at < text.length && !/[ \t,]/.test(text[at]!)) return undefined;
    tags.push({ isWeak: found[1] !== undefined, opaque: found[2]! });
  }
  return tags.length === 0 ? undefined : tags;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const FIXED = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * Reads a date in any of the three forms of HTTP.
 *
 * @param nowMs Decides the century of a two-digit year, which is never more than 50 years ahead.
 * @returns milliseconds since the Unix epoch, whole seconds; `undefined` if it is no date.
 */
export function readHttpDate(text: string, nowMs: number): number | undefined {
  const fixed = FIXED.exec(text);
  if (fixed !== null) return dateOf(Number(fixed[3]), fixed[2]!, fixed[1]!, fixed.slice(4));
  const asctime = ASCTIME.exec(text);
  if (asctime !== null) return dateOf(Number(asctime[6]), asctime[1]!, asctime[2]!, asctime.slice(3, 6));
  const old = RFC_850.exec(text);
  if (old === null) return undefined;
  const thisYear = new Date(nowMs).getUTCFullYear();
  let year = Math.floor(thisYear / 100) * 100 + Number(old[3]);
  if (year > thisYear + 50) year -= 100;
  return dateOf(year, old[2]!, old[1]!, old.slice(4));
}

/** Writes a date in HTTP's preferred form, cut to whole seconds: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function writeHttpDate(unixMs: number): string {
  return new Date(unixMs).toUTCString();
}

function dateOf(year: number, monthName: string, day: string, time: readonly string[]): number | undefined {
  const month = MONTHS.indexOf(monthName);
  const [hours, minutes, seconds] = time.map(Number) as [number, number, number];
  // A leap second is the last one of a minute that exists.
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const dayOfMonth = Number(day);
  const midnight = Date.UTC(year, month, dayOfMonth);
  if (dayOfMonth < 1 || new Date(midnight).getUTCDate() !== dayOfMonth) return undefined;
  return midnight + ((hours * 60 + minutes) * 60 + Math.min(seconds, 59)) * 1_000;
}
