import { emptyTask } from "hardhat/config";
import { POLICY_KINDS } from "../permissions/kinds.ts";
import { optional, verb } from "./verb.ts";

/** Ready-made permissions contracts: docs/PERMISSIONS.md. */
export const permissions = [
  emptyTask(["keyquorum", "permissions"], "Ready-made permissions contracts (docs/PERMISSIONS.md)").build(),
  verb(["permissions", "deploy"], "Deploys a permissions contract")
    .addPositionalArgument({
      name: "kind",
      description: `${POLICY_KINDS.slice(0, -1).join(", ")} or ${POLICY_KINDS.at(-1)}`,
    })
    .addOption({ name: "token", description: "erc20, erc721, erc1155: the token's address", ...optional })
    .addOption({ name: "minimum", description: "erc20, erc721, erc1155: the minimum that a reader must hold (default: 1)", ...optional })
    .addOption({ name: "id", description: "erc1155: which id", ...optional })
    .addOption({ name: "parts", description: "all-of, any-of, not: addresses of permissions contracts, separated by commas", ...optional })
    .addOption({ name: "seller", description: "service: the documents' owner (default: this account)", ...optional })
    .setAction(() => import("../permissions/deploy.ts"))
    .build(),
  verb(["permissions", "move"], "Moves a document to another permissions contract; only its owner can")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "permissions", description: "The contract's address" })
    .setAction(() => import("../permissions/move.ts"))
    .build(),
];
