import { Counter, Gauge, Histogram, type Registry } from "prom-client";

type Named<Label extends string> = { readonly name: string; readonly help: string; readonly labelNames?: readonly Label[] };

/** Metrics of an extension: `keeper_EXTENSION_NAME`. No label may hold an address, a document or a request. */
export type OwnMetrics = {
  /** `name` ends in `_total`. */
  readonly counter: <Label extends string>(named: Named<Label>) => Counter<Label>;
  readonly gauge: <Label extends string>(named: Named<Label>) => Gauge<Label>;
  readonly histogram: <Label extends string>(named: Named<Label> & { readonly buckets: readonly number[] }) => Histogram<Label>;
};

export const createOwnMetrics = (extension: string, registry: Registry): OwnMetrics => {
  const settings = <Label extends string>({ name, help, labelNames = [] }: Named<Label>) => ({
    name: `keeper_${extension.replaceAll("-", "_")}_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  return {
    counter: (named) => new Counter(settings(named)),
    gauge: (named) => new Gauge(settings(named)),
    histogram: (named) => new Histogram({ ...settings(named), buckets: [...named.buckets] }),
  };
};
