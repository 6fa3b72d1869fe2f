import { relative } from "node:path";
import type { Deployment } from "@keyquorum/bindings";
import { DEPLOY_STEPS, type DeployRecord, deployContracts, estimateDeployment } from "@keyquorum/bindings/deploy";
import { defaultFinality } from "@keyquorum/client";
import { connectDeploying, deployJournal, writeDeploymentFile } from "@keyquorum/client/node";
import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "./command.ts";
import { askTerminal } from "./deploy/askTerminal.ts";
import { confirmSpending } from "./deploy/confirmSpending.ts";
import { formatAmount } from "./deploy/currency.ts";
import { makeWay, partialPathOf } from "./deploy/makeWay.ts";
import { probeFirst } from "./deploy/probeFirst.ts";
import { rpcOf } from "./deploy/rpcOf.ts";
import { tellPlan, whatExists } from "./deploy/tellPlan.ts";
import { defaultRequestLifetime, defaultWindows, formatSeconds, inTime, requireLongEnough } from "./deploy/windows.ts";
import type { CommonArguments } from "./options.ts";
import { parseArgument, parseCount } from "./parse.ts";
import { parseConfirmations } from "./parseConfirmations.ts";

type Arguments = CommonArguments & {
  readonly admin: string | undefined;
  readonly dealWindow: string | undefined;
  readonly disputeWindow: string | undefined;
  readonly finalizeWindow: string | undefined;
  readonly readyWindow: string | undefined;
  readonly requestLifetime: string | undefined;
  readonly challengeWindow: string | undefined;
  readonly minEpochDelay: string | undefined;
  readonly openKeyRequests: boolean;
  readonly replace: boolean;
  readonly yes: boolean;
};

const TRANSACTION_MS = 300_000;
const READ_MS = 20_000;

/** In blocks and seconds. Local chains mine several blocks a second; elsewhere windows and lifetimes follow from what the probe measured. */
const DEFAULTS = {
  local: { windows: { deal: 40, dispute: 8, finalize: 40, ready: 40 }, requestLifetime: 600, challengeWindow: 60, minEpochDelay: 0 },
  other: { challengeWindow: 86_400, minEpochDelay: 86_400 },
} as const;

/** Asks the chain for what it must have, says what it will cost, then deploys all contracts and records where they are. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const { chainId, isLocal, provider, signer: open } = await context.connection();
  const path = await context.deploymentFile();
  const journal = deployJournal(partialPathOf(path));
  const begun = await makeWay(terminal, { path, journal, provider, isLocal, replace: args.replace });
  const wanted = args.admin ?? begun?.settings.admin ?? undefined;
  const admin = wanted === undefined ? undefined : parseArgument("--admin", wanted, parseAddress);
  const chosen = parseConfirmations(args.confirmations);
  const finality = chosen ?? defaultFinality({ chainId });
  if (finality.kind === "confirmations" && finality.blocks === 0 && !isLocal)
    terminal.warn("with 0 confirmations a reorganisation can undo what keepers and readers act on: only for chains that have none.");
  const probe = await probeFirst(terminal, { rpc: rpcOf(provider), finality, signal: context.signal });
  // What was begun continues as it was, where nothing else is said: the defaults follow from measurements, which change.
  const defaults =
    begun?.settings ??
    (isLocal ? DEFAULTS.local : { ...DEFAULTS.other, windows: defaultWindows(probe), requestLifetime: defaultRequestLifetime(probe) });
  const windows = {
    deal: parseCount("--deal-window", args.dealWindow ?? defaults.windows.deal, 1),
    dispute: parseCount("--dispute-window", args.disputeWindow ?? defaults.windows.dispute, 1),
    finalize: parseCount("--finalize-window", args.finalizeWindow ?? defaults.windows.finalize, 1),
    ready: parseCount("--ready-window", args.readyWindow ?? defaults.windows.ready, 1),
  };
  const requestLifetime = parseCount("--request-lifetime", args.requestLifetime ?? defaults.requestLifetime, 1);
  const challengeWindow = parseCount("--challenge-window", args.challengeWindow ?? defaults.challengeWindow, 1);
  const minEpochDelay = parseCount("--min-epoch-delay", args.minEpochDelay ?? defaults.minEpochDelay, 0);
  requireLongEnough(probe, { windows, requestLifetime });
  terminal.progress(
    `Windows: ${(["deal", "dispute", "finalize", "ready"] as const).map((phase) => `${phase} ${inTime(windows[phase], probe)}`).join(", ")}; requests live for ${formatSeconds(requestLifetime)}`,
  );
  const account = await open();
  const deployer = parseAddress(await account.getAddress());
  const signer = account.provider === null ? account.connect(provider) : account;

  let record: DeployRecord | undefined;
  const recording = {
    load: journal.load,
    save: async (now: DeployRecord) => {
      await journal.save(now);
      record = now;
    },
  };
  const onInterrupt = (): void => {
    if (record !== undefined) terminal.warn("stopping after the transaction under way. Once more ends at once; the record stays.");
  };
  context.signal.addEventListener("abort", onInterrupt);
  let deployed: Deployment;
  try {
    deployed = await deployContracts(signer, {
      ...(admin === undefined ? {} : { admin }),
      minEpochDelay,
      windows,
      requestLifetime,
      challengeWindow,
      openKeyRequests: args.openKeyRequests || begun?.settings.openKeyRequests === true,
      journal: recording,
      send: connectDeploying({
        ...{ signer, provider, chainId, onTransaction: context.transactions.onTransaction },
        timeouts: { pollMs: isLocal ? 150 : 2_000, readMs: READ_MS, transactMs: TRANSACTION_MS },
      }),
      signal: context.signal,
      onPlan: async (plan) => {
        tellPlan(terminal, plan, chainId);
        const estimate = await estimateDeployment(provider, plan);
        context.signal.throwIfAborted();
        const ask = askTerminal(context.signal);
        await confirmSpending(terminal, estimate, { chainId, deployer: checksumAddress(deployer), isLocal, yes: args.yes, ask });
        terminal.progress(`Deploying to chain ${chainId} as ${checksumAddress(deployer)} (${estimate.steps.length} transactions)`);
      },
      onStep: ({ contract, address }) => terminal.progress(`${contract} ${contract === "roles" ? "are fixed" : `at ${address}`}`),
    });
  } catch (error) {
    const file = relative(process.cwd(), partialPathOf(path));
    if (record !== undefined) terminal.warn(whatExists(record, { all: DEPLOY_STEPS.length, chainId, file }));
    throw error;
  } finally {
    context.signal.removeEventListener("abort", onInterrupt);
  }
  // On a local chain the default holds wherever nothing is said.
  const deployment = isLocal && chosen === undefined ? deployed : { ...deployed, finality };
  await writeDeploymentFile(path, deployment);
  await journal.remove();

  const mined = (record?.steps ?? []).flatMap(({ contract, address, mined: one }) =>
    one === undefined ? [] : [{ contract, address, ...one }],
  );
  const gasUsed = mined.reduce((sum, step) => sum + BigInt(step.gasUsed), 0n);
  const fees = [...mined, ...(record?.abandoned ?? []).flatMap(({ mined: one }) => (one === undefined ? [] : [one]))].reduce(
    (sum, { fee }) => sum + BigInt(fee),
    0n,
  );
  terminal.table(
    ["CONTRACT", "ADDRESS", "GAS"],
    mined.map((step) => [
      step.contract,
      step.contract === "roles" ? "(in accessManager)" : checksumAddress(parseAddress(step.address)),
      BigInt(step.gasUsed).toLocaleString("en"),
    ]),
  );
  terminal.print(
    `\n${gasUsed.toLocaleString("en")} gas in all, for ${formatAmount(fees, chainId)}. Recorded in ${relative(process.cwd(), path)}.`,
  );
  if (admin === undefined || admin === deployer) {
    terminal.warn(
      `the deployer ${checksumAddress(deployer)} governs alone. For anything but trying out, let a multisig govern: deploy --admin ADDRESS.`,
    );
  } else {
    terminal.warn(
      `${checksumAddress(admin)} governs now, and the deployer still does too. When the new account has been seen to work: npx hardhat keyquorum handover --admin ${checksumAddress(admin)}`,
    );
  }
  terminal.print("Next: npx hardhat keyquorum keepers add --from keeper.json --endpoint https://...");
  return {
    chainId,
    deployer,
    admin: admin ?? deployer,
    windows,
    requestLifetime,
    challengeWindow,
    minEpochDelay,
    finality,
    contracts: deployment.contracts,
    gasUsed,
    fees,
    deploymentFile: path,
  };
});
