/**
 * Counters and gauges, shown as Prometheus text.
 *
 * Source: the Prometheus text exposition format, version 0.0.4.
 *
 * @module
 */

/** A number that only grows. */
export interface Counter {
  /** Its value. */
  readonly value: number;
  /** Adds `amount`, 1 by default. */
  add(amount?: number): void;
}

/** Label names and values of a series. */
export type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: string;
  read(): number;
}

interface Family {
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly series: Map<string, Series & { counter?: Counter }>;
}

/** One series at the moment of asking. */
export interface Sample {
  /** Its name and labels, as Prometheus writes them: `hits_total{server="CS1"}`. */
  readonly series: string;
  /** Whether it only grows. */
  readonly kind: "counter" | "gauge";
  /** Its value. */
  readonly value: number;
}

/** The most series that one registry holds; past that, new ones are counted but not shown. */
export const MAX_SERIES = 10_000;

/** A role's metrics. */
export class Metrics {
  readonly #families = new Map<string, Family>();
  #size = 0;
  #others: () => Readonly<Record<string, number>> = () => ({});

  /**
   * Returns the counter of this name and these labels, making it at first use.
   *
   * @param name In Prometheus form, with its unit last: `microcdn_sent_bytes_total`.
   */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    const family = this.#family(name, help, "counter");
    const key = renderLabels(labels);
    const known = family.series.get(key);
    if (known?.counter !== undefined) return known.counter;
    let value = 0;
    const counter: Counter = {
      get value() {
        return value;
      },
      add: (amount = 1) => void (value += amount),
    };
    this.#keep(family, key, { labels: key, read: () => value, counter });
    return counter;
  }

  /** Shows what `read` returns at the moment of asking. A second gauge of the same name and labels replaces it. */
  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    const key = renderLabels(labels);
    this.#keep(this.#family(name, help, "gauge"), key, { labels: key, read });
  }

  /**
   * Shows of each series the sum of what is counted here and what `read` returns for it, which others count. A series
   * that is not here is shown, too, if one of its name is. A second call replaces the first.
   */
  include(read: () => Readonly<Record<string, number>>): void {
    this.#others = read;
  }

  /** Writes all of it as Prometheus text. */
  render(): string {
    const lines: string[] = [];
    for (const { name, family: { help, type }, values } of this.#read()) {
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
      for (const [series, value] of values) lines.push(`${series} ${renderValue(value)}`);
    }
    return lines.map((line) => `${line}\n`).join("");
  }

  /** Returns each series and its value: for `/state` and for tests. */
  values(): Record<string, number> {
    return Object.fromEntries(this.samples().map(({ series, value }) => [series, value]));
  }

  /** Returns every series as it is now. */
  samples(): Sample[] {
    return [...this.#read()].flatMap(({ family: { type }, values }) => {
      return Array.from(values, ([series, value]) => ({ series, kind: type, value }));
    });
  }

  *#read(): Generator<{ name: string; family: Family; values: Map<string, number> }> {
    const others = Object.entries(this.#others());
    for (const [name, family] of this.#families) {
      const own = Array.from(family.series.values(), ({ labels, read }) => [`${name}${labels}`, read()] as const);
      const values = new Map(own);
      for (const [series, value] of others) {
        if (series.split("{", 1)[0] === name) values.set(series, (values.get(series) ?? 0) + value);
      }
      yield { name, family, values };
    }
  }

  #family(name: string, help: string, type: Family["type"]): Family {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { help, type, series: new Map() };
      this.#families.set(name, family);
    }
    if (family.type !== type) throw new TypeError(`Cannot make ${name} a ${type}: it is a ${family.type}`);
    return family;
  }

  #keep(family: Family, key: string, series: Series & { counter?: Counter }): void {
    if (!family.series.has(key)) {
      if (this.#size >= MAX_SERIES) return;
      this.#size++;
    }
    family.series.set(key, series);
  }
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Writes a number as Prometheus has them; it differs from JavaScript in the infinities only. */
function renderValue(value: number): string {
  return String(value).replace(/^(-?)Infinity$/, (_, sign) => `${sign || "+"}Inf`);
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(help: string): string {
  return help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
