import { optional, THRESHOLD, verb } from "./verb.ts";

export const governance = [
  verb("deploy", `Deploys all contracts and records them in deployments/<chain id>.json (${THRESHOLD})`)
    .addOption({ name: "admin", description: "Account that will govern (default: the deployer)", ...optional })
    .addOption({ name: "dealWindow", description: "Blocks in which keepers deal", ...optional })
    .addOption({ name: "disputeWindow", description: "Blocks in which keepers check and complain", ...optional })
    .addOption({ name: "finalizeWindow", description: "Blocks in which the joint key is fixed", ...optional })
    .addOption({ name: "readyWindow", description: "Blocks in which keepers confirm their shares", ...optional })
    .addOption({ name: "requestLifetime", description: "Seconds from a request on chain to its deadline", ...optional })
    .addOption({
      name: "challengeWindow",
      description: "Seconds after that deadline in which an optimistic answer can be proved wrong",
      ...optional,
    })
    .addOption({ name: "minEpochDelay", description: "Seconds from proposing an epoch to opening it", ...optional })
    .addFlag({ name: "openKeyRequests", description: "Let everybody request keys, not only the role KEY_REQUESTER" })
    .addFlag({ name: "yes", description: "Accept the cost estimate without a prompt, for scripts" })
    .addFlag({ name: "replace", description: "Overwrite the recorded deployment of this chain" })
    .setAction(() => import("../deploy.ts"))
    .build(),
  verb("handover", "Ends the deployer's rights; run it when the new admin is known to work")
    .addOption({ name: "admin", description: "The account that alone governs afterwards", ...optional })
    .setAction(() => import("../handover.ts"))
    .build(),
];
