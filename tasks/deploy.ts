import { existsSync } from "node:fs";
import { relative } from "node:path";
import { CONTRACT_NAMES } from "@keyquorum/bindings";
import { type DeployStep, deployContracts } from "@keyquorum/bindings/deploy";
import { defaultFinality } from "@keyquorum/client";
import { writeDeploymentFile } from "@keyquorum/client/node";
import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "./command.ts";
import { probeFirst } from "./deploy/probeFirst.ts";
import { rpcOf } from "./deploy/rpcOf.ts";
import { defaultRequestLifetime, defaultWindows, formatSeconds, inTime, requireLongEnough } from "./deploy/windows.ts";
import type { CommonArguments } from "./options.ts";
import { parseArgument, parseCount } from "./parse.ts";
import { parseConfirmations } from "./parseConfirmations.ts";
import { UsageError } from "./usageError.ts";

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
};

/** In blocks and seconds. Local chains mine several blocks a second; elsewhere windows and lifetimes follow from what the probe measured. */
const DEFAULTS = {
  local: { windows: { deal: 40, dispute: 8, finalize: 40, ready: 40 }, requestLifetime: 600, challengeWindow: 60, minEpochDelay: 0 },
  other: { challengeWindow: 86_400, minEpochDelay: 86_400 },
} as const;

/** Asks the chain for what it must have, then deploys all contracts and records where they are. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const { chainId, isLocal, provider, signer: open } = await context.connection();
  const path = await context.deploymentFile();
  if (existsSync(path) && !args.replace && !isLocal) {
    throw new UsageError(`${path} records a deployment already. Name another file with --deployment FILE, or pass --replace.`);
  }
  const admin = args.admin === undefined ? undefined : parseArgument("--admin", args.admin, parseAddress);
  const chosen = parseConfirmations(args.confirmations);
  const finality = chosen ?? defaultFinality({ chainId });
  if (finality.kind === "confirmations" && finality.blocks === 0 && !isLocal)
    terminal.warn("with 0 confirmations a reorganisation can undo what keepers and readers act on: only for chains that have none.");
  const probe = await probeFirst(terminal, { rpc: rpcOf(provider), finality, signal: context.signal });
  const defaults = isLocal
    ? DEFAULTS.local
    : { ...DEFAULTS.other, windows: defaultWindows(probe), requestLifetime: defaultRequestLifetime(probe) };
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
  const signer = await open();
  const deployer = parseAddress(await signer.getAddress());

  terminal.progress(`Deploying to chain ${chainId} as ${checksumAddress(deployer)} (${CONTRACT_NAMES.length + 1} transactions)`);
  const steps: DeployStep[] = [];
  const deployed = await deployContracts(signer.provider === null ? signer.connect(provider) : signer, {
    ...(admin === undefined ? {} : { admin }),
    minEpochDelay,
    windows,
    requestLifetime,
    challengeWindow,
    openKeyRequests: args.openKeyRequests,
    onStep: (step) => {
      steps.push(step);
      terminal.progress(`${step.contract} ${step.contract === "roles" ? "are fixed" : `at ${step.address}`}`);
    },
  });
  // On a local chain the default holds wherever nothing is said.
  const deployment = isLocal && chosen === undefined ? deployed : { ...deployed, finality };
  await writeDeploymentFile(path, deployment);

  const gasUsed = steps.reduce((sum, step) => sum + step.gasUsed, 0n);
  terminal.table(
    ["CONTRACT", "ADDRESS", "GAS"],
    steps.map((step) => [
      step.contract,
      step.contract === "roles" ? "(in accessManager)" : checksumAddress(parseAddress(step.address)),
      step.gasUsed.toLocaleString("en"),
    ]),
  );
  terminal.print(`\n${gasUsed.toLocaleString("en")} gas in all. Recorded in ${relative(process.cwd(), path)}.`);
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
    deploymentFile: path,
  };
});
