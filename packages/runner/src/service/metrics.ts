import { ERROR_CODES, isNodeErrorCode } from "@keyquorum/wire";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The delay of the event loop is sampled so often: each sample wakes a process that has nothing to do. */
const LAG_EVERY_MILLISECONDS = 100;

/** What the figures of a service are read from. */
export type MetricSources = {
  readonly version: string;
  readonly running: () => number;
  readonly waiting: () => number;
  readonly ready: () => boolean;
  readonly droppedLogLines: () => number;
};

export type ServiceMetrics = ReturnType<typeof createServiceMetrics>;

/** Every metric of a runner's service, named `runner_..`. No label ever holds an account, a module or a run. */
export const createServiceMetrics = ({ version, running, waiting, ready, droppedLogLines }: MetricSources) => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_EVERY_MILLISECONDS });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read());
      },
    });
  new Gauge({ name: "runner_build_info", help: "Always 1; the version is the label.", labelNames: ["version"], registers }).set(
    { version },
    1,
  );
  gauge("runner_ready", "1 while /readyz says ready.", () => (ready() ? 1 : 0));
  gauge("runner_runs_running", "Runs under way.", running);
  gauge("runner_runs_waiting", "Accepted runs whose turn has not come.", waiting);
  gauge("runner_log_lines_dropped", "Log lines that nobody read, so far.", droppedLogLines);
  const metrics = {
    registry,
    accepted: new Counter({ name: "runner_runs_accepted_total", help: "Requests that were accepted.", registers }),
    over: new Counter({
      name: "runner_runs_total",
      help: "Runs that are over, by outcome: as in the record, or the code of what failed before the module ran.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    refused: new Counter({
      name: "runner_requests_refused_total",
      help: "Requests that were refused, by code.",
      labelNames: ["code"] as const,
      registers,
    }),
    wall: new Histogram({
      name: "runner_run_seconds",
      help: "Time of a run, keepers and HTTP included.",
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
    cpu: new Counter({ name: "runner_cpu_seconds_total", help: "CPU time of children.", registers }),
    secrets: new Counter({ name: "runner_secrets_total", help: "Secrets that keepers gave to runs.", registers }),
    http: new Histogram({
      name: "runner_http_seconds",
      help: "Time until an answer left, those that waited for a run included.",
      labelNames: ["route", "status"] as const,
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 30],
      registers,
    }),
  };
  for (const code of Object.keys(ERROR_CODES).filter(isNodeErrorCode)) metrics.refused.inc({ code }, 0); // an alert on a rate works from the first scrape
  return metrics;
};
