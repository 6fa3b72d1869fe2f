import { OperatorError, readHexKeyFile, readSecretFile } from "@keyquorum/daemon";
import { seeKeepers } from "@keyquorum/keeper";
import { SecretScalar, ThresholdError } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { parseKeystore } from "../agent/keystore.ts";
import { type ImportedRecord, type ImportParts, importRecords, isDone } from "./importRecords.ts";
import { eraseOldRecord, OldRecordError } from "./oldRecord.ts";
import { readOldRecordFile } from "./oldRecordFile.ts";

/** Something is left to do, or stands in the way. */
const EXIT_UNFINISHED = 3;
const EXIT_STOPPED = 130;
/** Between two looks while it waits. */
const LOOK_MILLISECONDS = 3_000;

type Flags = {
  readonly deployment: string;
  readonly rpc: readonly string[];
  readonly accountKey?: string;
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly node?: string;
  readonly confirmations?: number;
  readonly allVersions?: boolean;
  readonly dryRun?: boolean;
  readonly wait?: number;
  readonly allowPrivateEndpoints?: boolean;
  readonly json?: boolean;
};

/** What the command is made of. Tests give others. */
export type ImportIo = {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly see?: typeof seeKeepers;
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** Adds `import FILE` to the program. */
export const addImportCommand = (program: Command, io: ImportIo): Command =>
  program
    .command("import")
    .argument("<file>", "one old node's records: JSON by id, or the output of ldb scan --hex; only its owner may have access to the file")
    .description(
      "Deals one old node's shares of its keys to the current keepers. Run it once for each old node; the keepers complete the import of a key when they have t+1 shares. Running it again sends only what is missing. Exit code 3: something is left to do.",
    )
    .requiredOption("--deployment <file>", "the deployment's JSON file")
    .requiredOption(
      "--rpc <url>",
      "an RPC provider; repeat it for several, which must agree",
      (url: string, all: readonly string[] = []) => [...all, url],
    )
    .option("--account-key <file>", "file with the private key of the importer, an account that the keepers list: 64 hex digits")
    .option("--keystore <file>", "the importer's V3 keystore instead, with --password-file")
    .option("--password-file <file>", "file with the keystore's password")
    .option("--node <id>", "the old node's id: its public key, 128 hex digits. Needed if there were several nodes", nodeOf)
    .option(
      "--confirmations <blocks>",
      "treat a block as final when this many blocks follow it (default: as the deployment says)",
      numberOf,
    )
    .option("--all-versions", "also deal older sharings of a key, not only this node's newest")
    .option("--dry-run", "check file, chain and keepers, and deal nothing")
    .option("--wait <seconds>", "wait this long for the keepers to complete the import", numberOf)
    .option("--allow-private-endpoints", "also contact keepers whose endpoint is in a private network")
    .option("--json", "print JSON, one object")
    .addHelpText(
      "after",
      `
Examples:
  $ keyquorum-parity import node-a.json --dry-run --node 8436..cd91 --deployment 31337.json --rpc http://127.0.0.1:8545 --account-key importer.key
  $ keyquorum-parity import node-a.json --node 8436..cd91 --deployment 31337.json --rpc http://127.0.0.1:8545 --account-key importer.key --wait 60

A key has a threshold t: t keepers together learn nothing; t+1 are needed.`,
    )
    .action(async (file: string, flags: Flags) => {
      try {
        process.exitCode = await runImport(file, flags, io);
      } catch (error) {
        const sentence = toldOf(error);
        io.complain(flags.json === true ? JSON.stringify({ error: sentence }) : sentence);
        process.exitCode = 1;
      }
    });

const nodeOf = (text: string): string => {
  const digits = text.replace(/^0x/, "").toLowerCase();
  if (!/^[0-9a-f]{128}$/.test(digits)) throw new InvalidArgumentError("It must be 128 hex digits.");
  return digits;
};

const numberOf = (text: string): number => {
  if (!/^[0-9]{1,5}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
};

const runImport = async (
  file: string,
  flags: Flags,
  { print, complain, see = seeKeepers, signal: given, now = Date.now }: ImportIo,
): Promise<number> => {
  const importer = await accountOfFlags(flags);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  const signal = given === undefined ? stop.signal : AbortSignal.any([stop.signal, given]);
  const records = await readOldRecordFile(file);
  const ended = new AbortController();
  try {
    const keepers = await see({
      ...{ deployment: flags.deployment, rpcUrls: flags.rpc, signal: ended.signal },
      ...(flags.confirmations === undefined ? {} : { finality: { kind: "confirmations", blocks: flags.confirmations } as const }),
      ...(flags.allowPrivateEndpoints === true ? { allowPrivateEndpoints: true } : {}),
    });
    let told = 0;
    const parts: ImportParts = {
      ...{ keepers, records, node: flags.node, importer, signal, isDry: flags.dryRun === true, allVersions: flags.allVersions === true },
      now,
      onProgress: (done, all) => {
        const tenth = Math.floor((10 * done) / all);
        if (tenth > told && flags.json !== true) complain(`${done} of ${all} keys dealt`);
        told = tenth;
      },
    };
    let found = await importRecords(parts);
    const until = now() + (flags.wait ?? 0) * 1_000;
    while (flags.dryRun !== true && !signal.aborted && now() < until && found.some(({ state }) => state !== "imported")) {
      await sleep(LOOK_MILLISECONDS, signal);
      found = await importRecords({ ...parts, onProgress: () => undefined });
    }
    const isDry = flags.dryRun === true;
    print(flags.json === true ? `${JSON.stringify({ dryRun: isDry, keys: found })}\n` : tableOf(found, isDry));
    if (signal.aborted) {
      complain("Stopped. What was delivered stays; run it again to continue.");
      return EXIT_STOPPED;
    }
    const isOpen = isDry
      ? found.some(({ problem }) => problem !== undefined)
      : found.some((one) => !isDone(one) || one.problem !== undefined);
    return isOpen ? EXIT_UNFINISHED : 0;
  } finally {
    ended.abort();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    for (const record of records) eraseOldRecord(record);
    importer.erase();
  }
};

const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

const accountOfFlags = async ({ accountKey, keystore, passwordFile }: Flags): Promise<SecretScalar> => {
  if ((accountKey === undefined) === (keystore === undefined))
    throw new OldRecordError("Give either --account-key, or --keystore with --password-file.");
  const bytes =
    accountKey === undefined ? await openKeystore(keystore ?? "", passwordFile) : await readHexKeyFile(accountKey, "importer's key");
  try {
    return SecretScalar.fromBytes(bytes);
  } finally {
    bytes.fill(0);
  }
};

const openKeystore = async (file: string, passwordFile: string | undefined): Promise<Uint8Array> => {
  if (passwordFile === undefined) throw new OldRecordError("Give --password-file with --keystore.");
  const read = parseKeystore(Buffer.from(await readSecretFile(file, "importer's keystore")).toString("utf8"));
  if (read === undefined) throw new OldRecordError(`${file}: not a V3 keystore.`);
  const key = await read.open(Buffer.from(await readSecretFile(passwordFile, "keystore's password")).toString("utf8"));
  if (key === undefined) throw new OldRecordError(`The password does not open ${file}.`);
  return key;
};

/** One sentence. Nothing that a file held is in any of these. */
const toldOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  const isKnown =
    error instanceof OldRecordError || error instanceof OperatorError || error instanceof KeyquorumError || error instanceof ThresholdError;
  const isChain = error instanceof Error && error.name === "ChainUnavailableError";
  return isKnown || isChain
    ? `${code}${(error as Error).message}`
    : "The records could not be imported because of an unexpected error. Nothing is lost; run the command again.";
};

const tableOf = (found: readonly ImportedRecord[], isDry: boolean): string => {
  const rows = found.map(({ serverKeyId, threshold, hasDocumentKey, state, keepers, agreeing, needed, problem }) =>
    [
      serverKeyId,
      `t=${threshold}`,
      hasDocumentKey ? "with document key" : "no document key",
      isDry && state !== "imported" ? "would be dealt" : state,
      `${keepers.imported}/${keepers.holding}/${keepers.all}`,
      state === "imported" ? "" : `${agreeing} of ${needed || "?"}`,
      problem ?? "",
    ].join("  "),
  );
  const count = (state: ImportedRecord["state"]): number => found.filter((one) => one.state === state).length;
  const sum = `${found.length} keys: ${count("imported")} imported, ${count("delivered")} delivered, ${count("missing")} missing, ${count("failed")} failed`;
  return [
    `# id, threshold, document key, state, keepers (with the key/holding this share/all), records that agree, problem`,
    ...rows,
    sum,
    "",
  ].join("\n");
};
