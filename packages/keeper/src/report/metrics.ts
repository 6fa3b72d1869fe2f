import { backend } from "@keyquorum/threshold";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The delay of the event loop is sampled so often: each sample wakes a process that has nothing to do. */
const LAG_EVERY_MILLISECONDS = 100;

/** Makes metrics of one registry. The names of labels are part of a metric's type. */
const makersOf = (registry: Registry) => {
  const registers = [registry];
  return {
    gauge: <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Gauge({ name, help, labelNames, registers }),
    counter: <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Counter({ name, help, labelNames, registers }),
    /** A counter of what somebody else counts. */
    counterOf: (name: string, help: string, value: () => number) =>
      new Counter({
        ...{ name, help, registers },
        collect() {
          this.reset();
          this.inc(value());
        },
      }),
    histogram: <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
      new Histogram({ name, help, labelNames, buckets, registers }),
  };
};
type Make = ReturnType<typeof makersOf>;

/** The keeper itself. */
const runMetrics = (make: Make) => ({
  buildInfo: make.gauge("keeper_build_info", "Always 1; the version is the label.", ["version"]),
  curveBackend: make.gauge(
    "keeper_curve_backend",
    "Always 1; the label names the code that multiplies points: wasm, or noble where WebAssembly is refused.",
    ["backend"],
  ),
  ready: make.gauge("keeper_ready", "1 while /readyz says ready."),
  slot: make.gauge("keeper_slot", "This keeper's slot; 0 while it is not registered."),
  epoch: make.gauge("keeper_epoch", "The newest open epoch."),
  lostEpochs: make.gauge(
    "keeper_lost_epochs",
    "Epochs in use that this keeper cannot serve, because its identity key of that time is lost.",
  ),
});

/** What the keeper sees of the chain. */
const chainMetrics = (make: Make) => ({
  headBlock: make.gauge("keeper_chain_head_block", "Number of the newest block seen."),
  headTimestamp: make.gauge("keeper_chain_head_timestamp_seconds", "Timestamp of the newest block seen."),
  finalBlock: make.gauge("keeper_chain_finalized_block", "Number of the newest final block seen."),
  mirroredBlock: make.gauge("keeper_chain_mirrored_block", "Up to which block the contracts' logs are mirrored."),
  reorgs: make.counter("keeper_chain_reorgs_total", "Reorganisations followed."),
  logsWithheld: make.counter(
    "keeper_chain_logs_withheld_total",
    "Logs that an RPC left out of its first answer, found by asking again or in receipts.",
  ),
  absencesUnchecked: make.counter(
    "keeper_chain_absences_unchecked_total",
    "Blocks whose lack of logs was believed without their receipts, by reason.",
    ["why"],
  ),
  lateLogs: make.counter(
    "keeper_chain_late_logs_total",
    "Logs of final blocks that were missing from the mirror and found when the blocks were read again.",
  ),
  followersFailing: make.gauge(
    "keeper_extension_followers_failing",
    "Followers of an extension that do not read on; the status names them.",
    ["extension"],
  ),
  finalityBroken: make.gauge(
    "keeper_chain_finality_broken",
    "1 while another block stands where this keeper had a final one: it answers nothing until its operator accepts a chain.",
  ),
  chainFailures: make.counter("keeper_chain_failures_total", "Rounds of the work loop that the RPC failed."),
  lastRound: make.gauge("keeper_last_round_timestamp_seconds", "When the work loop last finished a round."),
});

/** Requests and answers. */
const answerMetrics = (make: Make) => ({
  httpDuration: make.histogram(
    "keeper_http_request_duration_seconds",
    "Time to answer an HTTP request, by route template and status.",
    ["route", "status"],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  ),
  shareRequests: make.counter("keeper_share_requests_total", "Share requests by channel and outcome: an error code, or ANSWERED.", [
    "channel",
    "outcome",
  ]),
  shareRequestsWaiting: make.gauge("keeper_share_requests_waiting", "Share requests by HTTP that wait for their turn to be decided."),
  sharesReleased: make.counter("keeper_shares_released_total", "Share answers sent, stored ones sent again included."),
  auditRecords: make.counter("keeper_audit_records_total", "Audit records of answers written before they were sent."),
});

/** Sessions, epochs and the keys in them. */
const sessionMetrics = (make: Make) => ({
  sessions: make.counter("keeper_sessions_total", "Key generation sessions that ended, by outcome.", ["outcome"]),
  reshares: make.counter("keeper_reshares_total", "Reshares that ended, by outcome.", ["outcome"]),
  reshareReadyMissing: make.gauge(
    "keeper_reshare_ready_missing",
    "Confirmations that are still missing before a key moves to its next epoch, by the first 8 digits of its id; while it is being reshared.",
    ["key"],
  ),
  resharesWithheld: make.gauge(
    "keeper_reshares_withheld",
    "Reshares under way that this keeper does not deal its share into: vetoed, with a lower threshold, or proposed too short a time ago.",
  ),
  epochVetoed: make.gauge("keeper_epoch_vetoed", "1 while the operator's veto is on the newest epoch, proposed or open."),
  keyEpoch: make.gauge("keeper_key_epoch", "The epoch in which a key is active in the final block, by the first 8 digits of its id.", [
    "key",
  ]),
  keyQuorumMargin: make.gauge(
    "keeper_key_quorum_margin",
    "How many more members than its quorum a key has in its epoch, removed ones left out, by the first 8 digits of its id.",
    ["key"],
  ),
});

/** Shares, the vault and its audit log. */
const vaultMetrics = (make: Make) => ({
  sharesMissing: make.gauge(
    "keeper_shares_missing",
    "Active keys that this keeper should hold a share of and does not, and that can be repaired.",
  ),
  vaultDamaged: make.gauge(
    "keeper_vault_damaged_records",
    "Records of the vault's file that are not what was written, and not replaced yet, by table.",
    ["table"],
  ),
  vaultScrubs: make.counter("keeper_vault_scrubs_total", "Times that every record of the vault's file was looked at while the keeper ran."),
  auditBroken: make.gauge("keeper_audit_broken", "1 while the audit log does not verify."),
  auditVerified: make.gauge(
    "keeper_audit_verified_record",
    "Number of the record of the audit log up to which the present look at it came.",
  ),
});

/** What becomes of shares, and dealings. */
const shareMetrics = (make: Make) => ({
  sharesErased: make.counter("keeper_shares_erased_total", "Shares of retired epochs erased."),
  repairs: make.counter("keeper_repairs_total", "Repairs of this keeper's own shares that ended, by outcome.", ["outcome"]),
  repairsHelped: make.counter(
    "keeper_repairs_helped_total",
    "Questions of other keepers that repair their shares, by step and outcome: an error code, or ANSWERED.",
    ["step", "outcome"],
  ),
  complaints: make.counter("keeper_complaints_total", "Complaints this keeper sent."),
  dealingsDisbelieved: make.counter(
    "keeper_dealings_disbelieved_total",
    "Mirrored dealings that the contract did not accept, by reason: a provider's logs and state disagree.",
    ["reason"],
  ),
  keys: make.gauge("keeper_keys", "Key shares held, by state.", ["state"]),
});

/** Transactions, wrong answers and their challenges. */
const onChainMetrics = (make: Make) => ({
  transactions: make.counter("keeper_transactions_total", "Transactions by what they do and how they ended.", ["kind", "outcome"]),
  wrongAnswers: make.counter(
    "keeper_wrong_answers_total",
    "Wrong answers to optimistic requests that stood where this keeper's would be paid, by the liar's slot.",
    ["slot"],
  ),
  challenges: make.counter(
    "keeper_challenges_total",
    "Challenges of wrong answers that this keeper decided to send, by what bears their gas: the fee that it regains, or the daily budget.",
    ["from"],
  ),
  challengesWithheld: make.counter(
    "keeper_challenges_withheld_total",
    "Wrong answers that this keeper does not challenge, to keep within its limits, by reason.",
    ["reason"],
  ),
});

/** Work, and long computations. */
const workMetrics = (make: Make) => ({
  workPending: make.gauge("keeper_work_pending", "Pieces of work that are not finished, by kind.", ["kind"]),
  workFailures: make.counter("keeper_work_failures_total", "Attempts at work that failed, by kind.", ["kind"]),
  bulkTasks: make.counter(
    "keeper_bulk_tasks_total",
    "Long computations of sessions and repairs, by task and outcome: DONE, FAILED, or why there was none.",
    ["task", "outcome"],
  ),
  bulkSeconds: make.counter("keeper_bulk_seconds_total", "Time that long computations took beside the main thread."),
  bulkRestarts: make.counter(
    "keeper_bulk_restarts_total",
    "How often the thread of long computations ended unasked, or was ended because a computation took too long.",
  ),
  bulkWaiting: make.gauge("keeper_bulk_waiting", "Long computations that wait for their turn."),
  bulkThread: make.gauge("keeper_bulk_thread", "1 while the thread of long computations is up: it starts with the first of them."),
});

/** Signatures by keys. */
const signingMetrics = (make: Make) => ({
  signingMessages: make.counter(
    "keeper_signing_messages_total",
    "Messages of signatures that this keeper was sent, by kind (request, nonce, share) and outcome: an error code, or ANSWERED.",
    ["kind", "outcome"],
  ),
  signaturesMade: make.counter(
    "keeper_signatures_total",
    "Signatures that this keeper coordinated, by scheme and by how they were requested.",
    ["scheme", "channel"],
  ),
  signingSeconds: make.histogram(
    "keeper_signing_duration_seconds",
    "Time that a signature took that this keeper coordinated, failed attempts included.",
    ["scheme"],
    [0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 15, 60],
  ),
  signingFaults: make.counter(
    "keeper_signing_faults_total",
    "Times that another keeper signed something wrong while a signature was made, by reason; the log and the vault name it.",
    ["reason"],
  ),
  signingNonces: make.gauge("keeper_signing_nonces", "Signing nonces that were shown to coordinators and not used yet; in memory only."),
});

/** Money, the log and the clock. */
const machineMetrics = (make: Make, droppedLogLines: () => number) => ({
  feeCredit: make.gauge("keeper_fee_credit_wei", "Fees that this keeper's slot earned and nobody withdrew, by request contract.", [
    "contract",
  ]),
  logLinesDropped: make.counterOf(
    "keeper_log_lines_dropped_total",
    "Log lines that were dropped because nobody read the keeper's output, or its disk was full.",
    droppedLogLines,
  ),
  clockSkew: make.gauge(
    "keeper_clock_skew_seconds",
    "How far this machine's clock is ahead of the newest block's time when it was first seen, and of the median of other keepers' clocks.",
    ["against"],
  ),
  balanceReserve: make.gauge("keeper_balance_reserve_wei", "Below this balance of the operator's account no request is answered on chain."),
  balance: make.gauge("keeper_account_balance_wei", "Balance of the operator's account."),
});

/**
 * Every metric of a keeper, in base units, named `keeper_..`. No label ever holds an address, a document or a request.
 * Counters whose label values are known start at 0, so that an alert on their rate works from the first scrape.
 */
export const createMetrics = (options: {
  readonly version: string;
  readonly processMetrics: boolean;
  /** So far. */
  readonly droppedLogLines?: () => number;
}) => {
  const registry = new Registry();
  const make = makersOf(registry);
  const { droppedLogLines = () => 0 } = options;
  if (options.processMetrics) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_EVERY_MILLISECONDS });
    // Gauges that are named like counters; the same figures by kind are in those without the ending.
    for (const name of ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"])
      registry.removeSingleMetric(name);
  }

  const metrics = {
    registry,
    ...runMetrics(make),
    ...chainMetrics(make),
    ...answerMetrics(make),
    ...sessionMetrics(make),
    ...vaultMetrics(make),
    ...shareMetrics(make),
    ...onChainMetrics(make),
    ...workMetrics(make),
    ...signingMetrics(make),
    ...machineMetrics(make, droppedLogLines),
  };
  metrics.buildInfo.set({ version: options.version }, 1);
  metrics.curveBackend.set({ backend: backend.name }, 1);
  for (const channel of ["chain", "http"] as const) metrics.shareRequests.inc({ channel, outcome: "ANSWERED" }, 0);
  for (const from of ["fee", "budget"] as const) metrics.challenges.inc({ from }, 0);
  for (const reason of ["LIAR_BUDGET", "BALANCE_RESERVE"] as const) metrics.challengesWithheld.inc({ reason }, 0);
  metrics.signingFaults.inc({ reason: "WRONG_SHARE" }, 0);
  for (const why of ["budget", "sample", "no_receipts"] as const) metrics.absencesUnchecked.inc({ why }, 0);
  for (const outcome of ["active", "failed"] as const) {
    metrics.sessions.inc({ outcome }, 0);
    metrics.reshares.inc({ outcome }, 0);
  }
  return metrics;
};

export type Metrics = ReturnType<typeof createMetrics>;

/** How metrics name a key: the first 8 hexadecimal digits of its id. */
export const keyLabel = (keyId: string): string => keyId.slice(2, 10);
