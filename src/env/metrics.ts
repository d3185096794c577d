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

/** The most series that one registry holds; past that, new ones are counted but not shown. */
export const MAX_SERIES = 10_000;

/** A role's metrics. */
export class Metrics {
  readonly #families = new Map<string, Family>();
  #size = 0;

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

  /** Writes all of it as Prometheus text. */
  render(): string {
    const lines: string[] = [];
    for (const [name, { help, type, series }] of this.#families) {
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
      for (const { labels, read } of series.values()) lines.push(`${name}${labels} ${renderValue(read())}`);
    }
    return lines.map((line) => `${line}\n`).join("");
  }

  /** Returns each series and its value: for `/state` and for tests. */
  values(): Record<string, number> {
    const values: Record<string, number> = {};
    for (const [name, { series }] of this.#families) {
      for (const { labels, read } of series.values()) values[`${name}${labels}`] = read();
    }
    return values;
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
