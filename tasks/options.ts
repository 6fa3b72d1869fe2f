import { ArgumentType } from "hardhat/types/arguments";
import type { NewTaskDefinitionBuilder, TaskArguments } from "hardhat/types/tasks";

/** Options that every command takes. */
export type CommonArguments = {
  readonly rpc: string | undefined;
  readonly account: number;
  readonly keyFile: string | undefined;
  readonly passphraseFile: string | undefined;
  readonly deployment: string | undefined;
  /** A whole number; `finalityOf` reads it. */
  readonly confirmations: string | undefined;
  readonly blobs: string;
  readonly privateEndpoints: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
};

/** Adds them. */
export const withCommonOptions = <T extends TaskArguments>(builder: NewTaskDefinitionBuilder<T, "MISSING_ACTION">) =>
  builder
    .addOption({
      name: "rpc",
      description: "URL of the chain's JSON-RPC (default: that of --network, otherwise http://127.0.0.1:8545)",
      type: ArgumentType.STRING_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "account",
      description: "Index of the node's unlocked account to use, from 0",
      type: ArgumentType.INT,
      defaultValue: 0,
    })
    .addOption({
      name: "keyFile",
      description: "File with the account's private key in hex, or an encrypted JSON keystore",
      type: ArgumentType.STRING_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "passphraseFile",
      description: "File with the passphrase of the keystore",
      type: ArgumentType.STRING_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "deployment",
      description: "File with the contracts' addresses (default: deployments/<chain id>.json)",
      type: ArgumentType.STRING_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "confirmations",
      description: "How many blocks on top make a block final (default: as in the deployment file, otherwise the chain's finalized block)",
      type: ArgumentType.STRING_WITHOUT_DEFAULT,
      defaultValue: undefined,
    })
    .addOption({
      name: "blobs",
      description: "Folder in which ciphertexts are stored",
      type: ArgumentType.STRING,
      defaultValue: ".keyquorum/blobs",
    })
    .addFlag({
      name: "privateEndpoints",
      description: "Also ask keepers whose registered endpoints lead to a private network (default: on chains 1337 and 31337 only)",
    })
    .addFlag({ name: "json", description: "Print the result as JSON" })
    .addFlag({ name: "verbose", description: "Print the stack trace of an error" });
