import { backend } from "@keyquorum/threshold";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The delay of the event loop is sampled so often: each sample wakes a process that has nothing to do. */
const LAG_EVERY_MILLISECONDS = 100;

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
  const registers = [registry];
  const { droppedLogLines = () => 0 } = options;
  if (options.processMetrics) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_EVERY_MILLISECONDS });
    // Gauges that are named like counters; the same figures by kind are in those without the ending.
    for (const name of ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"])
      registry.removeSingleMetric(name);
  }

  const metrics = {
    registry,
    buildInfo: new Gauge({
      name: "keeper_build_info",
      help: "Always 1; the version is the label.",
      labelNames: ["version"] as const,
      registers,
    }),
    curveBackend: new Gauge({
      name: "keeper_curve_backend",
      help: "Always 1; the label names the code that multiplies points: wasm, or noble where WebAssembly is refused.",
      labelNames: ["backend"] as const,
      registers,
    }),
    ready: new Gauge({ name: "keeper_ready", help: "1 while /readyz says ready.", registers }),
    slot: new Gauge({ name: "keeper_slot", help: "This keeper's slot; 0 while it is not registered.", registers }),
    epoch: new Gauge({ name: "keeper_epoch", help: "The newest open epoch.", registers }),
    lostEpochs: new Gauge({
      name: "keeper_lost_epochs",
      help: "Epochs in use that this keeper cannot serve, because its identity key of that time is lost.",
      registers,
    }),
    headBlock: new Gauge({ name: "keeper_chain_head_block", help: "Number of the newest block seen.", registers }),
    headTimestamp: new Gauge({ name: "keeper_chain_head_timestamp_seconds", help: "Timestamp of the newest block seen.", registers }),
    finalBlock: new Gauge({ name: "keeper_chain_finalized_block", help: "Number of the newest final block seen.", registers }),
    mirroredBlock: new Gauge({
      name: "keeper_chain_mirrored_block",
      help: "Up to which block the contracts' logs are mirrored.",
      registers,
    }),
    reorgs: new Counter({ name: "keeper_chain_reorgs_total", help: "Reorganisations followed.", registers }),
    logsWithheld: new Counter({
      name: "keeper_chain_logs_withheld_total",
      help: "Logs that an RPC left out of its first answer, found by asking again or in receipts.",
      registers,
    }),
    absencesUnchecked: new Counter({
      name: "keeper_chain_absences_unchecked_total",
      help: "Blocks whose lack of logs was believed without their receipts, by reason.",
      labelNames: ["why"] as const,
      registers,
    }),
    lateLogs: new Counter({
      name: "keeper_chain_late_logs_total",
      help: "Logs of final blocks that were missing from the mirror and found when the blocks were read again.",
      registers,
    }),
    followersFailing: new Gauge({
      name: "keeper_extension_followers_failing",
      help: "Followers of an extension that do not read on; the status names them.",
      labelNames: ["extension"] as const,
      registers,
    }),
    finalityBroken: new Gauge({
      name: "keeper_chain_finality_broken",
      help: "1 while another block stands where this keeper had a final one: it answers nothing until its operator accepts a chain.",
      registers,
    }),
    chainFailures: new Counter({ name: "keeper_chain_failures_total", help: "Rounds of the work loop that the RPC failed.", registers }),
    lastRound: new Gauge({ name: "keeper_last_round_timestamp_seconds", help: "When the work loop last finished a round.", registers }),
    httpDuration: new Histogram({
      name: "keeper_http_request_duration_seconds",
      help: "Time to answer an HTTP request, by route template and status.",
      labelNames: ["route", "status"] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers,
    }),
    shareRequests: new Counter({
      name: "keeper_share_requests_total",
      help: "Share requests by channel and outcome: an error code, or ANSWERED.",
      labelNames: ["channel", "outcome"] as const,
      registers,
    }),
    shareRequestsWaiting: new Gauge({
      name: "keeper_share_requests_waiting",
      help: "Share requests by HTTP that wait for their turn to be decided.",
      registers,
    }),
    sharesReleased: new Counter({
      name: "keeper_shares_released_total",
      help: "Share answers sent, stored ones sent again included.",
      registers,
    }),
    auditRecords: new Counter({
      name: "keeper_audit_records_total",
      help: "Audit records of answers written before they were sent.",
      registers,
    }),
    sessions: new Counter({
      name: "keeper_sessions_total",
      help: "Key generation sessions that ended, by outcome.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    reshares: new Counter({
      name: "keeper_reshares_total",
      help: "Reshares that ended, by outcome.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    reshareReadyMissing: new Gauge({
      name: "keeper_reshare_ready_missing",
      help: "Confirmations that are still missing before a key moves to its next epoch, by the first 8 digits of its id; while it is being reshared.",
      labelNames: ["key"] as const,
      registers,
    }),
    resharesWithheld: new Gauge({
      name: "keeper_reshares_withheld",
      help: "Reshares under way that this keeper does not deal its share into: vetoed, with a lower threshold, or proposed too short a time ago.",
      registers,
    }),
    epochVetoed: new Gauge({
      name: "keeper_epoch_vetoed",
      help: "1 while the operator's veto is on the newest epoch, proposed or open.",
      registers,
    }),
    keyEpoch: new Gauge({
      name: "keeper_key_epoch",
      help: "The epoch in which a key is active in the final block, by the first 8 digits of its id.",
      labelNames: ["key"] as const,
      registers,
    }),
    keyQuorumMargin: new Gauge({
      name: "keeper_key_quorum_margin",
      help: "How many more members than its quorum a key has in its epoch, removed ones left out, by the first 8 digits of its id.",
      labelNames: ["key"] as const,
      registers,
    }),
    sharesMissing: new Gauge({
      name: "keeper_shares_missing",
      help: "Active keys that this keeper should hold a share of and does not, and that can be repaired.",
      registers,
    }),
    vaultDamaged: new Gauge({
      name: "keeper_vault_damaged_records",
      help: "Records of the vault's file that are not what was written, and not replaced yet, by table.",
      labelNames: ["table"] as const,
      registers,
    }),
    vaultScrubs: new Counter({
      name: "keeper_vault_scrubs_total",
      help: "Times that every record of the vault's file was looked at while the keeper ran.",
      registers,
    }),
    auditBroken: new Gauge({ name: "keeper_audit_broken", help: "1 while the audit log does not verify.", registers }),
    auditVerified: new Gauge({
      name: "keeper_audit_verified_record",
      help: "Number of the record of the audit log up to which the present look at it came.",
      registers,
    }),
    sharesErased: new Counter({ name: "keeper_shares_erased_total", help: "Shares of retired epochs erased.", registers }),
    repairs: new Counter({
      name: "keeper_repairs_total",
      help: "Repairs of this keeper's own shares that ended, by outcome.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    repairsHelped: new Counter({
      name: "keeper_repairs_helped_total",
      help: "Questions of other keepers that repair their shares, by step and outcome: an error code, or ANSWERED.",
      labelNames: ["step", "outcome"] as const,
      registers,
    }),
    complaints: new Counter({ name: "keeper_complaints_total", help: "Complaints this keeper sent.", registers }),
    dealingsDisbelieved: new Counter({
      name: "keeper_dealings_disbelieved_total",
      help: "Mirrored dealings that the contract did not accept, by reason: a provider's logs and state disagree.",
      labelNames: ["reason"] as const,
      registers,
    }),
    keys: new Gauge({ name: "keeper_keys", help: "Key shares held, by state.", labelNames: ["state"] as const, registers }),
    transactions: new Counter({
      name: "keeper_transactions_total",
      help: "Transactions by what they do and how they ended.",
      labelNames: ["kind", "outcome"] as const,
      registers,
    }),
    wrongAnswers: new Counter({
      name: "keeper_wrong_answers_total",
      help: "Wrong answers to optimistic requests that stood where this keeper's would be paid, by the liar's slot.",
      labelNames: ["slot"] as const,
      registers,
    }),
    challenges: new Counter({
      name: "keeper_challenges_total",
      help: "Challenges of wrong answers that this keeper decided to send, by what bears their gas: the fee that it regains, or the daily budget.",
      labelNames: ["from"] as const,
      registers,
    }),
    challengesWithheld: new Counter({
      name: "keeper_challenges_withheld_total",
      help: "Wrong answers that this keeper does not challenge, to keep within its limits, by reason.",
      labelNames: ["reason"] as const,
      registers,
    }),
    workPending: new Gauge({
      name: "keeper_work_pending",
      help: "Pieces of work that are not finished, by kind.",
      labelNames: ["kind"] as const,
      registers,
    }),
    workFailures: new Counter({
      name: "keeper_work_failures_total",
      help: "Attempts at work that failed, by kind.",
      labelNames: ["kind"] as const,
      registers,
    }),
    bulkTasks: new Counter({
      name: "keeper_bulk_tasks_total",
      help: "Long computations of sessions and repairs, by task and outcome: DONE, FAILED, or why there was none.",
      labelNames: ["task", "outcome"] as const,
      registers,
    }),
    bulkSeconds: new Counter({
      name: "keeper_bulk_seconds_total",
      help: "Time that long computations took beside the main thread.",
      registers,
    }),
    bulkRestarts: new Counter({
      name: "keeper_bulk_restarts_total",
      help: "How often the thread of long computations ended unasked, or was ended because a computation took too long.",
      registers,
    }),
    bulkWaiting: new Gauge({ name: "keeper_bulk_waiting", help: "Long computations that wait for their turn.", registers }),
    bulkThread: new Gauge({
      name: "keeper_bulk_thread",
      help: "1 while the thread of long computations is up: it starts with the first of them.",
      registers,
    }),
    feeCredit: new Gauge({
      name: "keeper_fee_credit_wei",
      help: "Fees that this keeper's slot earned and nobody withdrew, by request contract.",
      labelNames: ["contract"] as const,
      registers,
    }),
    logLinesDropped: new Counter({
      name: "keeper_log_lines_dropped_total",
      help: "Log lines that were dropped because nobody read the keeper's output, or its disk was full.",
      registers,
      collect() {
        this.reset();
        this.inc(droppedLogLines());
      },
    }),
    clockSkew: new Gauge({
      name: "keeper_clock_skew_seconds",
      help: "How far this machine's clock is ahead of the newest block's time when it was first seen, and of the median of other keepers' clocks.",
      labelNames: ["against"] as const,
      registers,
    }),
    balanceReserve: new Gauge({
      name: "keeper_balance_reserve_wei",
      help: "Below this balance of the operator's account no request is answered on chain.",
      registers,
    }),
    balance: new Gauge({ name: "keeper_account_balance_wei", help: "Balance of the operator's account.", registers }),
  };
  metrics.buildInfo.set({ version: options.version }, 1);
  metrics.curveBackend.set({ backend: backend.name }, 1);
  for (const channel of ["chain", "http"] as const) metrics.shareRequests.inc({ channel, outcome: "ANSWERED" }, 0);
  for (const from of ["fee", "budget"] as const) metrics.challenges.inc({ from }, 0);
  for (const reason of ["LIAR_BUDGET", "BALANCE_RESERVE"] as const) metrics.challengesWithheld.inc({ reason }, 0);
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
