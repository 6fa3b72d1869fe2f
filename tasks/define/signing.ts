import { emptyTask } from "hardhat/config";
import { optional, verb } from "./verb.ts";

const DERIVATION = {
  name: "derivation",
  description: "Which of the key's addresses: 32 bytes as hex (default: the key itself)",
  ...optional,
} as const;

/** Keys of purpose schnorr or ecdsa: what they sign, and who says so. */
export const signing = [
  verb(["key", "address"], "Shows the address of a key that signs, or of one derived from it")
    .addPositionalArgument({ name: "key", description: "Its id" })
    .addOption(DERIVATION)
    .setAction(() => import("../key/address.ts"))
    .build(),
  emptyTask(["keyquorum", "signing"], "Signatures by keys of purpose schnorr or ecdsa").build(),
  verb(["signing", "request"], "Has a key sign, as far as its rules let this account have it sign")
    .addPositionalArgument({ name: "key", description: "Its id" })
    .addOption({
      name: "file",
      description: "JSON file with what is to be signed: typedData, transaction, message, accountTyped or accountExecute",
      ...optional,
    })
    .addOption({ name: "message", description: "Text to sign as personal_sign does (ecdsa keys)", ...optional })
    .addOption(DERIVATION)
    .addFlag({ name: "onChain", description: "Request by a transaction instead of HTTP; keepers post the signature" })
    .addOption({ name: "timeout", description: "Seconds before giving up", ...optional })
    .setAction(() => import("../signing/request.ts"))
    .build(),
  verb(["signing", "status"], "Shows a signing request on chain, and the signature that was posted")
    .addPositionalArgument({ name: "request", description: "Its id" })
    .setAction(() => import("../signing/status.ts"))
    .build(),
  verb(["signing", "verify"], "Checks that a signature is a key's over what a file says")
    .addPositionalArgument({ name: "key", description: "The key's id" })
    .addPositionalArgument({ name: "file", description: "JSON file with what was signed, as for signing request" })
    .addPositionalArgument({ name: "signature", description: "The signature, as hex" })
    .addOption(DERIVATION)
    .setAction(() => import("../signing/verify.ts"))
    .build(),
  emptyTask(["keyquorum", "rules"], "Contracts that say what a key may sign").build(),
  verb(["rules", "bind"], "Binds a key to the contract that says what it may sign; once, by the account that requested the key")
    .addPositionalArgument({ name: "key", description: "The key's id" })
    .addPositionalArgument({ name: "rules", description: "The contract's address" })
    .setAction(() => import("../rules/bind.ts"))
    .build(),
  verb(["rules", "deploy"], "Deploys ready-made rules")
    .addPositionalArgument({
      name: "kind",
      description: "owner (its owner has the key sign anything) or grants (the owner permits others, by kind and domain)",
    })
    .addOption({ name: "owner", description: "The owner (default: this account)", ...optional })
    .setAction(() => import("../rules/deploy.ts"))
    .build(),
];
