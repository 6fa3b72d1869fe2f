import { emptyTask } from "hardhat/config";
import { optional, verb } from "./verb.ts";

/** Contracts for Parity Secret Store's users: docs/PARITY.md. */
export const parity = [
  emptyTask(["keyquorum", "parity"], "Contracts of Parity Secret Store's users (docs/PARITY.md)").build(),
  verb(
    ["parity", "deploy"],
    'Deploys the key server set, or the four service contracts with a set: "parity deploy server-set", "parity deploy services --fee 0.001ether"',
  )
    .addPositionalArgument({ name: "what", description: "server-set, or services (and the set, if --key-servers names none)" })
    .addOption({ name: "keyServers", description: "services: the set's address, ours or Parity's (default: deploys one)", ...optional })
    .addOption({ name: "fee", description: "services: what a request costs, exactly: 1000 (wei), 5gwei or 0.001ether", ...optional })
    .addOption({ name: "maxPending", description: "services: requests that may wait in each contract (default: 8)", ...optional })
    .addOption({
      name: "requestBlocks",
      description: "services: blocks after which anybody may end a request (default: 50400)",
      ...optional,
    })
    .setAction(() => import("../parity/deploy.ts"))
    .build(),
];
