// An Ocean deployment moves to keepers, on one machine: npm run example:ocean. docs/PARITY.md, "An Ocean deployment", says the same in words.
//
//   then                                            here
//   secret-store-signing-node (port 9545)           keyquorum-signing-agent, with the same keystores
//   secret-store (port 12001, one node, t = 0)      the keepers' key servers
//   secret-store-cors-proxy (nginx)                 nothing: the key servers answer pages themselves
//   keeper-contracts (AccessSecretStoreCondition)   the same contracts, unchanged: they decide who reads
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { blockMillisecondsFor, measurePatience, startCluster, startLocalChain, waitFor } from "@keyquorum/cluster";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createDocumentKey, createSigningAgent, encodePoint64, encryptDocument } from "@keyquorum/parity";
import { backend, randomScalar, secureRandom } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "@keyquorum/wire";
import { parseEther, toQuantity, Wallet } from "ethers";
import {
  createOceanClient,
  failureOf,
  keyServerOf,
  OCEAN_KEYS,
  OCEAN_PASSWORD,
  openOceanKeystore,
  publishPatiently,
  serverKeyIdOf,
} from "../../test/system/support/oceanClient.ts";
import { deployOceanContracts } from "../../test/system/support/oceanContracts.ts";

const KEEPERS = 3;
/** A day. */
const FOR_MILLISECONDS = 86_400_000;
const PARITY = join(import.meta.dirname, "../../packages/parity/src/bin/parity.ts");
/** The configuration that Ocean ran its secret store with. */
const OCEAN_CONFIG = join(
  dirname(createRequire(import.meta.url).resolve("@oceanprotocol/secret-store-client/package.json")),
  "barge/networks/secret-store/config/config.toml.save",
);

let step = 0;
const say = (sentence: string): void => {
  step += 1;
  console.log(`${step}. ${sentence}`);
};
const check = (what: string, isRight: boolean): void => {
  console.log(`   ${isRight ? "ok" : "NOT"}: ${what}`);
  if (!isRight) throw new Error(`${what}: it is not so`);
};

/** Runs keyquorum-parity as an operator does, and resolves with what it printed and its exit code. */
const keyquorumParity = (...args: readonly string[]): Promise<{ readonly output: string; readonly code: number | null }> =>
  new Promise((resolve, reject) => {
    console.log(`   $ keyquorum-parity ${args.map((arg) => (arg.length > 60 ? "..." : arg)).join(" ")}`);
    const child = spawn(process.execPath, [PARITY, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      output += part;
    });
    child.once("error", reject).once("close", (code) => resolve({ output, code }));
  });

const folder = await mkdtemp(join(tmpdir(), "keyquorum-ocean-"));
const closing: (() => Promise<unknown>)[] = [];
try {
  const patience = await measurePatience();
  const alice = await openOceanKeystore("account1.json");
  const bob = await openOceanKeystore("account2.json");

  say("What Ocean has: one node with one key, t = 0, and a document that Alice encrypted years ago");
  const id = serverKeyIdOf("a DID of years ago");
  const [secret, place] = [randomScalar(secureRandom), randomScalar(secureRandom)];
  const serverKey = backend.mulG(secret);
  const { documentKey, commonPoint, encryptedPoint } = createDocumentKey(serverKey);
  const asset = { files: [{ url: "https://example.com/data.csv" }] };
  const old = bytesToHex(await encryptDocument(documentKey, new TextEncoder().encode(JSON.stringify(asset, null, 2))));
  const scalar = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
  const point = (given: typeof serverKey): string => bytesToHex(encodePoint64(given));
  const node = "ab".repeat(64);
  const record = {
    ...{ author: alice.address.toLowerCase(), threshold: 0, public: point(serverKey) },
    ...{ common_point: point(commonPoint), encrypted_point: point(encryptedPoint) },
    versions: [{ hash: scalar(1n), id_numbers: { [`0x${node}`]: scalar(place) }, secret_share: scalar(secret) }],
  };
  const records = join(folder, "node.scan");
  // What `ldb --db=.../secretstore/db --column_family=col0 scan --hex` prints.
  await writeFile(records, `0x${id} : 0x${Buffer.from(JSON.stringify(record)).toString("hex")}\n`, { mode: 0o600 });

  say("Its configuration is read: what becomes of each key");
  const config = await keyquorumParity("config", OCEAN_CONFIG);
  console.log(config.output.replace(/^/gm, "   "));

  say(`A chain with Ocean's contracts, and ${KEEPERS} keepers whose operators let one account import for a day`);
  const chain = await startLocalChain({ blockMilliseconds: blockMillisecondsFor(patience) });
  closing.push(() => chain.stop());
  const ocean = await deployOceanContracts(chain, chain.account(9));
  const importer = Wallet.createRandom();
  await writeFile(join(folder, "importer.key"), importer.privateKey, { mode: 0o600 });
  const options = {
    permissions: (await ocean.access.getAddress()).toLowerCase(),
    keyServer: { port: 0 },
    import: {
      from: [importer.address.toLowerCase()],
      until: new Date(Date.now() + FOR_MILLISECONDS).toISOString().replace(/\.\d+Z$/, "Z"),
    },
  };
  await mkdir(join(folder, "keepers"));
  const cluster = await startCluster({
    ...{ chain, directory: join(folder, "keepers"), keepers: KEEPERS, patience, isHurried: true },
    extensions: () => [{ module: "@keyquorum/parity/extension", options }],
  });
  closing.push(() => cluster.stop());
  for (const { slot, url } of cluster.keepers)
    await waitFor(`keeper ${slot} is ready`, async () => (await fetch(`${url}/readyz`)).status === 200, { chain });

  say("The signing agent takes the signing node's place, with Ocean's own keystores");
  const agent = await createSigningAgent({
    ...{ keys: OCEAN_KEYS, host: "127.0.0.1", port: 0, chainId: chain.chainId, version: "ocean", clock: systemClock, log: silentLogger },
  });
  closing.push(() => agent.close());
  const parityUri = await agent.listen();
  for (const { address } of [alice, bob]) await chain.send("hardhat_setBalance", [address, toQuantity(parseEther("10"))]);
  const client = (who: typeof alice, slot: number, threshold = 1) =>
    createOceanClient({
      secretStoreUri: keyServerOf(cluster.keeper(slot)),
      parityUri,
      address: who.address,
      password: OCEAN_PASSWORD,
      threshold,
    });

  say("The old node's record is imported");
  const flags = [
    "--deployment",
    cluster.deploymentFile,
    "--rpc",
    chain.rpcUrl,
    "--account-key",
    join(folder, "importer.key"),
    "--node",
    node,
  ];
  const dry = await keyquorumParity("import", records, ...flags, "--dry-run");
  check("a dry run deals nothing", dry.code === 0 && /would be dealt/.test(dry.output));
  const imported = await keyquorumParity("import", records, ...flags, "--wait", "120");
  console.log(imported.output.replace(/^/gm, "   "));
  check("every keeper has the key", imported.code === 0 && /1 imported/.test(imported.output));

  say("Ocean's contract decides, as before; Ocean's client reads the old document through the new URLs");
  check("nobody reads before the DID is registered", /Forbidden$/.test(await failureOf(client(alice, 1).decryptDocument(id, old))));
  const registry = ocean.didRegistry.connect(alice.connect(chain.provider)) as typeof ocean.didRegistry;
  await (await registry.getFunction("registerAttribute")(`0x${id}`, `0x${"00".repeat(32)}`, [], "https://example.com/ddo")).wait();
  const isAsset = (read: unknown): boolean => JSON.stringify(read) === JSON.stringify(asset);
  await waitFor(
    "the keepers see it",
    async () =>
      isAsset(
        await client(alice, 1)
          .decryptDocument(id, old)
          .catch(() => undefined),
      ),
    { chain },
  );
  check("Alice reads it", isAsset(await client(alice, KEEPERS).decryptDocument(id, old)));
  check("Bob does not", /Forbidden$/.test(await failureOf(client(bob, 2).decryptDocument(id, old))));

  say("And a new document, whose key no keeper has alone");
  const fresh = await publishPatiently(client(alice, 2), "a DID of today", asset);
  await (await registry.getFunction("registerAttribute")(`0x${fresh.id}`, `0x${"00".repeat(32)}`, [], "https://example.com/ddo")).wait();
  await waitFor(
    "the keepers see it",
    async () =>
      isAsset(
        await client(alice, 1)
          .decryptDocument(fresh.id, fresh.encrypted)
          .catch(() => undefined),
      ),
    { chain },
  );
  check("Alice publishes and reads", hexToBytes(fresh.encrypted).length > 0);
  console.log("\nWhat is left of the old node: nothing that anybody needs. Erase its database, and this record.");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const close of closing.toReversed()) await close().catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
}
