/**
 * Options and their defaults.
 *
 * @module
 */

/** Options as a caller gives them: each may be missing or undefined. */
export type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Fills in what `options` leaves out or leaves undefined. */
export function withDefaults<T extends object, D extends object>(defaults: D, options: T): Settings<T, D> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as Settings<T, D>;
}

/** What {@link withDefaults} returns: an option with a default is always there. */
export type Settings<T, D> =
  & Omit<T, keyof D>
  & { readonly [K in keyof D]: K extends keyof T ? Exclude<T[K], undefined> : D[K] };
