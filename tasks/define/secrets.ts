import { emptyTask } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { optional, verb } from "./verb.ts";

const NAME = { name: "name", description: "Its name" } as const;
const OWNER = { name: "owner", description: "Its owner (default: this account)", ...optional } as const;
const PRIVATE_NAME = {
  name: "privateName",
  description: "File with a random salt, so that nobody can guess the name",
  ...optional,
} as const;
const GRANTS = { name: "grants", description: "Address of the ModuleGrants contract (default: the recorded one)", ...optional } as const;
const MODULE = { name: "module", description: "The module: a file, a CID, or its SHA-256", ...optional } as const;
const RUNNER = { name: "runner", description: "Runners' addresses, separated by commas", ...optional } as const;
const UNTIL = {
  name: "until",
  description: "When the grant ends: a date, or a time from now such as 30d (default: 90d)",
  ...optional,
} as const;
const FILE = { name: "file", description: "File with the value, byte for byte", ...optional } as const;
const FROM_ENV = { name: "fromEnv", description: "Environment variable with the value", ...optional } as const;
const STDIN = { name: "stdin", description: "Read the value from standard input, byte for byte" } as const;
const SERVICE = { name: "service", description: "URL of a runner service (keyquorum-runner)", ...optional } as const;
const NUMBER = { name: "number", description: "The version" } as const;

/** Secrets of WASM modules, and the modules: docs/MODULES.md. */
export const secrets = [
  emptyTask(["keyquorum", "secret"], "Secrets for WASM modules (docs/MODULES.md)").build(),
  verb(["secret", "put"], "Stores a value under a name, grants it to runners, or moves a module's secrets to its next build")
    .addPositionalArgument({ ...NAME, ...optional })
    .addOption(FILE)
    .addOption(FROM_ENV)
    .addFlag(STDIN)
    .addOption(MODULE)
    .addOption(RUNNER)
    .addOption(UNTIL)
    .addOption({ name: "key", description: "Id of the key (default: the newest active one)", ...optional })
    .addOption(PRIVATE_NAME)
    .addOption(GRANTS)
    .addOption({
      name: "grantModule",
      description: "Without a name: the next build of a module, which gets all secrets of the former one",
      ...optional,
    })
    .addOption({ name: "revokeModule", description: "The former build, which loses them", ...optional })
    .setAction(() => import("../secret/put.ts"))
    .build(),
  verb(["secret", "get"], "Reads a secret into a file or a pipe, never onto a screen")
    .addPositionalArgument(NAME)
    .addOption({ name: "out", description: "File to write (default: standard output, unless that is a screen)", ...optional })
    .addOption({ ...NUMBER, description: "Version (default: the current one)", ...optional })
    .addOption(OWNER)
    .addOption(PRIVATE_NAME)
    .addOption({
      name: "gateway",
      description: "URLs of trustless gateways, separated by commas, for ciphertext that is not in the store",
      ...optional,
    })
    .addFlag({
      name: "privateGateway",
      description: "Allow gateways with plain http or in a private network (this machine's own is always allowed)",
    })
    .addFlag({ name: "replace", description: "Overwrite an existing file" })
    .addOption({ name: "timeout", description: "Seconds before giving up", ...optional })
    .setAction(() => import("../secret/get.ts"))
    .build(),
  verb(["secret", "list"], "Lists secrets, and which runners may have them for which module")
    .addOption(OWNER)
    .addOption(GRANTS)
    .setAction(() => import("../secret/list.ts"))
    .build(),
  verb(["secret", "versions"], "Lists a secret's versions, the newest first")
    .addPositionalArgument(NAME)
    .addOption(OWNER)
    .addOption(PRIVATE_NAME)
    .setAction(() => import("../secret/versions.ts"))
    .build(),
  verb(["secret", "rollback"], "Chooses the version that runs get by default; 0 is the newest")
    .addPositionalArgument(NAME)
    .addPositionalArgument(NUMBER)
    .addOption(PRIVATE_NAME)
    .setAction(() => import("../secret/rollback.ts"))
    .build(),
  verb(["secret", "withdraw"], "Withdraws a version permanently")
    .addPositionalArgument(NAME)
    .addPositionalArgument(NUMBER)
    .addOption(PRIVATE_NAME)
    .setAction(() => import("../secret/withdraw.ts"))
    .build(),
  verb(["secret", "rotate"], "Replaces a secret's value: all former versions are withdrawn permanently; grants stay")
    .addPositionalArgument(NAME)
    .addOption(FILE)
    .addOption(FROM_ENV)
    .addFlag(STDIN)
    .addOption(PRIVATE_NAME)
    .setAction(() => import("../secret/rotate.ts"))
    .build(),
  verb(["secret", "grant"], "Grants a secret to runners for a module")
    .addPositionalArgument(NAME)
    .addOption(MODULE)
    .addOption(RUNNER)
    .addOption(UNTIL)
    .addOption(PRIVATE_NAME)
    .setAction(() => import("../secret/grant.ts"))
    .build(),
  verb(["secret", "revoke"], "Revokes a secret from a runner, a module or everybody; without a name, every secret of the account")
    .addPositionalArgument({ ...NAME, ...optional })
    .addOption(MODULE)
    .addOption({ ...RUNNER, description: "The runner's address" })
    .addFlag({ name: "all", description: "Revoke it from everybody" })
    .addOption(PRIVATE_NAME)
    .addOption(GRANTS)
    .setAction(() => import("../secret/revoke.ts"))
    .build(),
  verb(["secret", "runs"], "Lists runs by their records, verified; with a name, those that got the secret")
    .addPositionalArgument({ ...NAME, ...optional })
    .addOption({ name: "records", description: "Folder with record files, or files with commas between", ...optional })
    .addOption(SERVICE)
    .addOption({ ...RUNNER, description: "With --service: the runner's account" })
    .addOption(PRIVATE_NAME)
    .setAction(() => import("../secret/runs.ts"))
    .build(),
  verb(["secret", "delete"], "Revokes all grants, withdraws all versions and removes the ciphertexts from the store")
    .addPositionalArgument(NAME)
    .addOption(PRIVATE_NAME)
    .addFlag({ name: "yes", description: "Confirm the deletion" })
    .setAction(() => import("../secret/delete.ts"))
    .build(),
  emptyTask(["keyquorum", "module"], "WASM modules that use secrets (docs/MODULES.md)").build(),
  verb(["module", "publish"], "Stores a module and prints its CID and hash")
    .addPositionalArgument({ name: "file", description: "The module's binary" })
    .setAction(() => import("../module/publish.ts"))
    .build(),
  verb(["module", "run"], "Runs a module with the secrets that this account is granted for it")
    .addOption({
      name: "manifest",
      description: "keyquorum.toml, bls.toml or a build's manifest.json",
      type: ArgumentType.STRING,
      defaultValue: "keyquorum.toml",
    })
    .addVariadicArgument({ name: "arguments", description: "The module's arguments", defaultValue: [] })
    .addOption({ name: "stdin", description: "File that the module reads as its standard input", ...optional })
    .addFlag({ name: "local", description: "Run without chain and keepers, for development: values come from --secrets" })
    .addOption({ name: "secrets", description: "With --local: a file of NAME=value lines", ...optional })
    .addOption({
      name: "privateHost",
      description:
        "host:port of services in a private network or on this machine, separated by commas, that the module may call if its permissions also allow it",
      ...optional,
    })
    .addOption({ name: "record", description: "File to write the signed run record to", ...optional })
    .addOption({
      name: "without",
      description: "Limits that this machine cannot set and that the run may do without, separated by commas",
      ...optional,
    })
    .addOption(SERVICE)
    .addOption({ ...RUNNER, description: "With --service: the runner's account; required, because the server at the URL could claim any" })
    .addOption({ ...MODULE, description: "With --service: the module: a file, a CID, or its SHA-256" })
    .addFlag({ name: "keepOutput", description: "With --service: ask it to store the module's output" })
    .setAction(() => import("../module/run.ts"))
    .build(),
  verb(["module", "verify"], "Verifies a run record without a network")
    .addPositionalArgument({ name: "record", description: "The file" })
    .setAction(() => import("../module/verify.ts"))
    .build(),
  verb(["module", "diff"], "Shows which of the account's secrets the next build of a module would lack")
    .addPositionalArgument({ name: "from", description: "The former build: a file, a CID, or its SHA-256" })
    .addPositionalArgument({ name: "to", description: "The next build" })
    .addOption(GRANTS)
    .setAction(() => import("../module/diff.ts"))
    .build(),
];
