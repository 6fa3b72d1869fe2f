import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectContracts, parseDeployment } from "@keyquorum/bindings";
import { parseDeployRecord } from "@keyquorum/bindings/deploy";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { developmentKey, type LocalChain, startLocalChain } from "@keyquorum/cluster";
import { silentLogger } from "@keyquorum/daemon";
import { createRemoteRunner } from "@keyquorum/runner";
import { createService, initialiseRunner, parseServiceConfig } from "@keyquorum/runner/service";
import { encodePoint, G, provePossession, randomScalar, SecretScalar, toXY } from "@keyquorum/threshold";
import {
  bytesToHex,
  encodeModuleContext,
  epochKeyMessageOf,
  KeyquorumError,
  moduleContextHash,
  parseAddress,
  parseDocumentId,
  parseHash32,
  parseRunRecord,
  runDigest,
} from "@keyquorum/wire";
import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { command, data, exitWith, wat } from "../../packages/runner/src/testing/wat.ts";
import { rollDice } from "../random/dice.ts";
import { startDyingProxy } from "./support/dyingProxy.ts";
import { codeOf, createRunner, errorOf, okJson, type Printed } from "./support/taskRunner.ts";
import { STATUS, withCluster } from "./support/withCluster.ts";

const dice = rollDice("system/tasks");

describe("tasks of governance, on a chain without keepers", () => {
  const keepers = [1, 2, 3].map(() => ({
    wallet: new Wallet(dice.hex(32)),
    secret: SecretScalar.from(randomScalar(dice.bytes)),
  }));
  let chain: LocalChain;
  let root: string;
  let run: ReturnType<typeof createRunner>;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "keyquorum-tasks-"));
    chain = await startLocalChain({ blockMilliseconds: 100 });
    run = createRunner(root, () => ({ rpc: chain.rpcUrl, json: true }));
  });
  after(async () => {
    await chain.stop();
    await rm(root, { recursive: true, force: true });
  });
  const readRecorded = async () => parseDeployment(JSON.parse(await readFile(join(root, "deployments", "31337.json"), "utf8")));

  it("say that nothing is deployed", async () => {
    expect(codeOf(await run("keepers list"))).to.equal("USAGE");
  });

  it("deploy, and record where", async () => {
    const windows = { dealWindow: "3", disputeWindow: "4", finalizeWindow: "8", readyWindow: "4" };
    const deployed = okJson(await run("deploy", windows));
    expect((await readRecorded()).contracts).to.deep.equal(deployed.contracts);
    expect(await chain.provider.getCode((await readRecorded()).contracts.shareRequests)).to.have.length.above(100);
  });

  it("refuse windows that are too short, in one sentence", async () => {
    const failed = await run("deploy", { dealWindow: "1", deployment: join(root, "other.json") });
    expect(errorOf(failed).error).to.equal("KeyGenerationWindowTooShort");
  });

  it("do not write over a recorded deployment, on a local chain either", async () => {
    const before = await readFile(join(root, "deployments", "31337.json"), "utf8");
    expect(codeOf(await run("deploy"))).to.equal("USAGE");
    expect(await readFile(join(root, "deployments", "31337.json"), "utf8")).to.equal(before);
  });

  it("continue with a deployment after their node died in the middle, without sending anything twice", async () => {
    const keyFile = join(root, "deployer.key");
    await writeFile(keyFile, developmentKey(7), { mode: 0o600 });
    const deployer = new Wallet(developmentKey(7)).address;
    const [deployment, partial] = [join(root, "resumed.json"), join(root, "resumed.partial.json")];
    const proxy = await startDyingProxy(chain.rpcUrl, 5);
    const cut = await run("deploy", { rpc: proxy.url, keyFile, deployment });
    expect([codeOf(cut), proxy.isDead()]).to.deep.equal(["CHAIN_UNAVAILABLE", true]);
    await proxy.stop();
    expect(cut.stderr).to.include("5 of 13 transactions are mined").and.to.include("resumed.partial.json");
    const record = parseDeployRecord(JSON.parse(await readFile(partial, "utf8")));
    expect(record.steps.filter(({ mined }) => mined !== undefined)).to.have.length(5);

    expect(codeOf(await run("deploy", { keyFile, deployment, dealWindow: "41" }))).to.equal("RECORD_OF_OTHER_OPTIONS");
    expect(codeOf(await run("deploy", { deployment }))).to.equal("RECORD_OF_ANOTHER_ACCOUNT");
    expect(await chain.provider.getTransactionCount(deployer)).to.equal(5);

    const resumed = okJson(await run("deploy", { keyFile, deployment }));
    expect(await chain.provider.getTransactionCount(deployer)).to.equal(13);
    expect((resumed.contracts as { keeperRegistry: string }).keeperRegistry).to.equal(record.steps[1]?.address);
    expect(parseDeployment(JSON.parse(await readFile(deployment, "utf8"))).contracts).to.deep.equal(resumed.contracts);
    expect(existsSync(partial)).to.equal(false);
  });

  it("admit keepers, from the output of init or from options", async () => {
    for (const [index, { wallet }] of keepers.entries()) {
      const identityKey = bytesToHex(encodePoint(G.multiply(randomScalar(dice.bytes))));
      const file = join(root, `keeper-${index}.json`);
      await writeFile(file, JSON.stringify({ dataDirectory: "/somewhere", operator: wallet.address, identityKey }));
      const added = okJson(await run("keepers add", { from: file, endpoint: `https://keeper-${index}.example`, name: `Keeper ${index}` }));
      expect(added.slot).to.equal(index + 1);
    }
    expect(okJson(await run("keepers list")).keepers[2]?.endpoint).to.equal("https://keeper-2.example");
  });

  it("refuse a keeper that is there, a bad key, a bad URL and an account without the role", async () => {
    const identityKey = bytesToHex(encodePoint(G.multiply(randomScalar(dice.bytes))));
    const good = { operator: new Wallet(dice.hex(32)).address, identityKey, endpoint: "https://x.example" };
    expect(codeOf(await run("keepers add", { ...good, operator: keepers[0]?.wallet.address }))).to.equal("TRANSACTION_REFUSED");
    expect(codeOf(await run("keepers add", { ...good, identityKey: `0x05${"00".repeat(32)}` }))).to.equal("USAGE");
    expect(codeOf(await run("keepers add", { ...good, endpoint: "keeper.example" }))).to.equal("USAGE");
    expect(codeOf(await run("keepers add", { ...good, account: 3 }))).to.equal("TRANSACTION_REFUSED");
    expect(codeOf(await run("keepers add", { ...good, account: 10 }))).to.equal("USAGE");
  });

  it("take the account from a file, never from the command line", async () => {
    const keyFile = join(root, "key");
    await writeFile(keyFile, `${keepers[0]?.wallet.privateKey}\n`, { mode: 0o644 });
    const refused = await run("keepers remove", { slot: "1", keyFile });
    expect(codeOf(refused)).to.equal("TRANSACTION_REFUSED");
    expect(refused.stderr).to.include("chmod 600");
    await writeFile(keyFile, "not a key");
    expect(codeOf(await run("keepers remove", { slot: "1", keyFile }))).to.equal("USAGE");
  });

  it("open an epoch when all keepers have posted their keys", async () => {
    const deployment = await readRecorded();
    const opening = run("epoch open");
    const { keeperRegistry } = connectContracts(deployment, chain.provider);
    while ((await keeperRegistry.lastEpoch()) === 0n) await new Promise((resolve) => setTimeout(resolve, 50));
    const proposedAt = await chain.provider.getBlockNumber();
    // The task, in this process, gets to look before anybody posts.
    while ((await chain.provider.getBlockNumber()) < proposedAt + 10) await new Promise((resolve) => setTimeout(resolve, 50));
    for (const [index, { wallet, secret }] of keepers.entries()) {
      const slot = index + 1;
      await (await chain.account(9).sendTransaction({ to: wallet.address, value: 10n ** 18n })).wait();
      const registry = parseAddress(deployment.contracts.keeperRegistry);
      const message = epochKeyMessageOf({ chainId: chain.chainId, registry, epoch: 1, slot, operator: parseAddress(wallet.address) });
      const as = connectContracts(deployment, wallet.connect(chain.provider)).keeperRegistry;
      await (await as.postEpochKey(1, toXY(G.multiply(secret.reveal())), provePossession(secret, message))).wait();
    }
    const opened = await opening;
    expect(okJson(opened).members).to.deep.equal([1, 2, 3]);
    expect(opened.stderr).to.match(/Waiting for the keepers? at slots? (1\b.*, 2\b.*, )?.*3\b/);
  });

  it("follow a key whose keepers are absent to its recorded failure, and name them", async () => {
    const failed = await run("key request");
    expect(codeOf(failed)).to.equal("KEY_FAILED");
    const { culprits, failure } = errorOf(failed);
    expect(failure).to.equal("TooFewDealers");
    expect(culprits?.map(({ slot, fault }) => [slot, fault])).to.deep.equal([1, 2, 3].map((slot) => [slot, "did not deal"]));
    expect(okJson(await run("key status")).status).to.equal("Failed");
  });

  it("remove a keeper, and warn that its shares stay", async () => {
    const removed = await run("keepers remove", { slot: "2" });
    expect(okJson(removed).slot).to.equal(2);
    expect(removed.stderr).to.include("until each of them has been reshared");
    expect(removed.stderr, "what no contract knows is warned of, too").to.include("extensions.parity.moves with toMove 0 and left 0");
    expect(okJson(removed).receiving.removed).to.deep.equal([2]);
  });

  it("attack 14: ask for no key in an epoch that has lost a keeper, say what to do, and show it", async () => {
    expect(codeOf(await run("key request"))).to.equal("NEXT_EPOCH_NEEDED");
    expect(okJson(await run("epoch status")).receiving).to.deep.include({ epoch: 1, removed: [2] });
  });

  it("replace an account that was stolen, and revoke one that was rotated away before", async () => {
    const [stolen, rotated, present] = await Promise.all([7, 8, 3].map((index) => chain.account(index).getAddress()));
    const first = okJson(await run("keepers set-operator", { slot: "3", operator: rotated as string }));
    expect([first.revoked, first.transaction === null]).to.deep.equal([false, false]);
    const theft = okJson(await run("keepers set-operator", { slot: "3", operator: stolen as string, stolen: true }));
    expect([theft.revoked, theft.former]).to.deep.equal([true, rotated?.toLowerCase()]);
    expect(codeOf(await run("keepers set-operator", { slot: "3", operator: stolen as string, stolen: true }))).to.equal("USAGE");
    okJson(await run("keepers set-operator", { slot: "3", operator: present as string }));
    expect(okJson(await run("keepers revoke-operator", { operator: stolen as string })).slot).to.equal(3);
    expect(okJson(await run("keepers revoke-operator", { operator: stolen as string })).transaction).to.equal(null);
    expect(codeOf(await run("keepers revoke-operator", { operator: present as string }))).to.equal("USAGE");
    const { keeperRegistry } = connectContracts(await readRecorded(), chain.provider);
    expect(await Promise.all([rotated, stolen, present].map((account) => keeperRegistry.isRevoked(account as string)))).to.deep.equal([
      true,
      true,
      false,
    ]);
  });

  it("replace an identity key that was stolen, and revoke one that was rotated away before", async () => {
    const keyOf = (secret: bigint): string => bytesToHex(encodePoint(G.multiply(secret)));
    const theft = okJson(await run("keepers set-identity", { slot: "3", identityKey: keyOf(901n), stolen: true }));
    expect([theft.revoked, theft.identityKey]).to.deep.equal([true, keyOf(901n)]);
    okJson(await run("keepers set-identity", { slot: "3", identityKey: keyOf(902n) }));
    expect(okJson(await run("keepers revoke-identity", { identityKey: keyOf(901n) })).slot).to.equal(3);
    const { keeperRegistry } = connectContracts(await readRecorded(), chain.provider);
    expect(await Promise.all([901n, 902n].map((secret) => keeperRegistry.identityRevokedAt(toXY(G.multiply(secret)))))).to.satisfy(
      ([revoked, inUse]: [bigint, bigint]) => revoked > 0n && inUse === 0n,
    );
  });

  it("hand over in two steps", async () => {
    const deployment = join(root, "handed-over.json");
    const admin = await chain.account(5).getAddress();
    okJson(await run("deploy", { deployment, admin, account: 4 }));
    expect(codeOf(await run("handover", { deployment, account: 4 }))).to.equal("USAGE");
    expect(codeOf(await run("handover", { deployment, account: 4, admin: await chain.account(6).getAddress() }))).to.equal(
      "NEW_ADMIN_MISSING",
    );
    okJson(await run("handover", { deployment, account: 4, admin }));
    expect(codeOf(await run("fees set", { deployment, account: 4, price: "0" }))).to.equal("TRANSACTION_REFUSED");
    okJson(await run("fees set", { deployment, account: 5, price: "0" }));
  });

  it("say what is wrong with the chain", async () => {
    expect(codeOf(await run("keepers list", { rpc: "http://127.0.0.1:1" }))).to.equal("USAGE");
    expect(codeOf(await run("keepers list", { rpc: "nonsense" }))).to.equal("USAGE");
    const foreign = JSON.parse(await readFile(join(root, "deployments", "31337.json"), "utf8")) as Record<string, unknown>;
    await writeFile(join(root, "foreign.json"), JSON.stringify({ ...foreign, blockHash: `0x${"00".repeat(32)}` }));
    expect(codeOf(await run("keepers list", { deployment: join(root, "foreign.json") }))).to.equal("USAGE");
  });
});

describe("tasks of authors and readers, n = 3, t = 1", () => {
  let root: string;
  let run: ReturnType<typeof createRunner>;
  let document: string;
  let cid: string;
  const held = withCluster({ keepers: 3 }, async (cluster) => {
    root = join(held.directory, "root");
    await mkdir(root);
    run = createRunner(root, () => ({ rpc: held.chain.rpcUrl, deployment: cluster.deploymentFile, json: true }));
    const requested = await run("key request", { threshold: "1" });
    expect(okJson(requested).status).to.equal("Active");
    expect(BigInt(okJson(requested).publicKeyAddress), "all facts are of one block").not.to.equal(0n);
    expect(STATUS.active).to.equal(Number(await cluster.contracts.keyGeneration.statusOf(okJson(requested).sid)));
    expect(requested.stderr).to.include("Dealing");
  });
  const bob = (): Promise<string> => held.chain.account(2).getAddress();

  it("publish a file and list it", async () => {
    await writeFile(join(root, "letter.txt"), "the well is behind the third oak");
    const published = okJson(await run("document publish", { file: join(root, "letter.txt"), account: 1 }));
    [document, cid] = [published.document, published.cid];
    const [listed] = okJson(await run("document list")) as unknown as readonly Printed[];
    expect([listed?.document, listed?.cid]).to.deep.equal([document, cid]);
  });

  it("deny a reader without a grant, both ways, and write nothing", async () => {
    const out = join(root, "denied");
    for (const onChain of [false, true])
      expect(codeOf(await run("document get", { document, out, onChain, account: 2 }))).to.equal("ACCESS_DENIED");
    expect(await readFile(out).catch((error: NodeJS.ErrnoException) => error.code)).to.equal("ENOENT");
  });

  it("grant, then get by HTTP and on chain, by id and by CID", async () => {
    okJson(await run("grant", { document, reader: await bob(), until: "12h", account: 1 }));
    for (const [name, args] of Object.entries({ http: { document }, chain: { document, onChain: true }, cid: { document: cid } })) {
      const out = join(root, `copy-${name}`);
      const got = okJson(await run("document get", { ...args, out, account: 2 }));
      expect(got.used).to.have.length(2);
      expect(await readFile(out, "utf8")).to.equal("the well is behind the third oak");
    }
  });

  it("never write over a file unasked", async () => {
    const out = join(root, "copy-http");
    expect(codeOf(await run("document get", { document, out, account: 2 }))).to.equal("FILE_EXISTS");
    okJson(await run("document get", { document, out, replace: true, account: 2 }));
  });

  it("publish a further version; the first can still be got", async () => {
    await writeFile(join(root, "letter.txt"), "it was the fourth oak");
    const published = okJson(await run("document publish", { file: join(root, "letter.txt"), versionOf: document, account: 1 }));
    expect([published.document, published.version]).to.deep.equal([document, 2]);
    const newest = await run("document get", { document, out: "-", account: 2 });
    expect(okJson(newest).content).to.equal("it was the fourth oak");
    expect(okJson(await run("document get", { document, number: "1", out: "-", account: 2 })).content).to.equal(
      "the well is behind the third oak",
    );
  });

  it("revoke, and deny at once", async () => {
    okJson(await run("revoke", { document, reader: await bob(), account: 1 }));
    expect(codeOf(await run("document get", { document, out: "-", account: 2 }))).to.equal("ACCESS_DENIED");
  });

  it("encrypt without a chain, sign instead of publishing, and let a reader read by the card, in part, too", async () => {
    const [keyData, letter] = [join(root, "key.json"), join(root, "diary.txt")];
    await writeFile(letter, "the well is behind the third oak");
    okJson(await run("key export", { file: keyData }));
    const owner = await held.chain.account(1).getAddress();
    const offline = { rpc: "http://127.0.0.1:1", deployment: undefined };
    const encrypted = okJson(await run("document encrypt", { file: letter, keyData, owner, publicMetadata: true, ...offline }));
    const card = join(root, "diary.json");
    expect(codeOf(await run("document sign", { file: `${letter}.kqe`, out: card, account: 2 }))).to.equal("INVALID_VALUE");
    okJson(await run("document sign", { file: `${letter}.kqe`, out: card, account: 1 }));
    const described = okJson(await run("document describe", { document: card })) as unknown as Readonly<Record<string, unknown>>;
    expect([described.author, described.publicMetadata]).to.deep.equal(["verified", { kind: "file", name: "diary.txt", size: 32 }]);
    const grant = join(root, "grant.json");
    const { salt } = JSON.parse(await readFile(card, "utf8")) as { readonly salt: string };
    okJson(await run("grant", { document: encrypted.document, reader: await bob(), sign: grant, salt, account: 1 }));
    expect(codeOf(await run("document get", { document: card, out: "-", account: 2 }))).to.equal("ACCESS_DENIED");
    okJson(await run("access submit", { file: grant, account: 3 }));
    expect(okJson(await run("document get", { document: card, out: "-", account: 2 })).content).to.equal(
      "the well is behind the third oak",
    );
    expect(okJson(await run("document get", { document: card, range: "4:4", out: "-", account: 2 })).content).to.equal("well");
    expect(codeOf(await run("document get", { document: card, range: "33:1", out: "-", account: 2 }))).to.equal("INVALID_RANGE");
    const later = okJson(await run("document publish", { file: `${letter}.kqe`, encrypted: true, account: 1 }));
    expect([later.document, later.version]).to.deep.equal([encrypted.document, 1]);
  });

  it("list versions, roll back, withdraw, carry the ciphertext as a CAR file, and delete", async () => {
    okJson(await run("grant", { document, reader: await bob(), account: 1 }));
    okJson(await run("document rollback", { document, number: "1", account: 1 }));
    expect(okJson(await run("document get", { document, out: "-", account: 2 })).content).to.equal("the well is behind the third oak");
    okJson(await run("document withdraw", { document, number: "2", account: 1 }));
    const versions = okJson(await run("document versions", { document })) as unknown as readonly Readonly<Record<string, unknown>>[];
    expect(versions.map(({ version, withdrawn, current }) => [version, withdrawn, current])).to.deep.equal([
      [2, true, false],
      [1, false, true],
    ]);
    const car = join(root, "letter.car");
    okJson(await run("document export", { cid, file: car }));
    const imported = okJson(await run("document import", { file: car, blobs: join(root, "elsewhere") })) as unknown as {
      readonly roots: readonly string[];
    };
    expect(imported.roots).to.deep.equal([cid]);
    expect(codeOf(await run("document delete", { document, account: 1 }))).to.equal("USAGE");
    okJson(await run("document delete", { document, yes: true, account: 1 }));
    expect(codeOf(await run("document get", { document, out: "-", account: 2 }))).to.equal("UNKNOWN_DOCUMENT");
    expect(codeOf(await run("document export", { cid, file: join(root, "gone.car") }))).to.equal("BLOB_NOT_FOUND");
  });

  it("keep a secret for a module: its runner reads in that context alone, the next build has it when it is moved, and nobody once it is revoked", async () => {
    const [value, build, next] = [join(root, "api-key"), join(root, "a.wasm"), join(root, "b.wasm")];
    await writeFile(value, "sk-0123456789");
    const shows = (more: string): string =>
      // ends with the first character of its environment's only value
      command(`(drop (call $environ (i32.const 64) (i32.const 1024))) ${exitWith("(i32.load8_u (i32.const 1032))")}`, { more });
    await writeFile(build, await wat(shows("")));
    await writeFile(next, await wat(shows(data(0, "another build"))));
    const as = { account: 1 };
    expect(codeOf(await run("secret put", { name: "API_KEY", file: value, ...as }))).to.equal("USAGE"); // no book yet
    okJson(await run("permissions deploy", { kind: "modules", ...as }));
    const put = await run("secret put", { name: "API_KEY", file: value, module: build, runner: await bob(), until: "1h", ...as });
    const secret = okJson(put).document;
    expect(put.stdout + put.stderr).not.to.include("sk-0123456789");

    const runner = createClient({
      ...{ signer: new Wallet(developmentKey(2), held.chain.provider), provider: held.chain.provider, deployment: held.cluster.deployment },
      ...{ blobs: await openFileBlobStore(join(root, ".keyquorum/blobs")), cipher: nodeChunkCipher },
    });
    const ask = async (file: string): Promise<string> => {
      const module = parseHash32(
        `0x${createHash("sha256")
          .update(await readFile(file))
          .digest("hex")}`,
      );
      const about = { chainId: 31337n, module, runner: parseAddress((await bob()).toLowerCase()) };
      const asked = { context: encodeModuleContext(about), contextHash: moduleContextHash(about) };
      return runner.requestOffChain(parseDocumentId(secret), asked).then(
        (read) => read.text(),
        (error: unknown) => (error instanceof KeyquorumError ? error.code : String(error)),
      );
    };
    expect([await ask(build), await ask(next)]).to.deep.equal(["sk-0123456789", "ACCESS_DENIED"]);
    expect(codeOf(await run("document get", { document: secret, out: "-", account: 2 }))).to.equal("ACCESS_DENIED"); // without context

    const owner = await held.chain.account(1).getAddress();
    const manifest = join(root, "keyquorum.toml");
    const runs = (file: string): Promise<void> =>
      writeFile(manifest, `[module]\nfile = "${file}"\n[[secrets]]\nname = "API_KEY"\nowner = "${owner}"\nas = "env"\n`);
    await runs(build);
    const [record, forged] = [join(root, "run.json"), join(root, "forged.json")];
    const ran = okJson(await run("module run", { manifest, record, account: 2 })) as unknown as { readonly exitCode: number };
    expect(ran.exitCode).to.equal("s".charCodeAt(0));
    const proved = okJson(await run("module verify", { record, rpc: "http://127.0.0.1:1", deployment: undefined })) as unknown as {
      readonly secrets: readonly { readonly document: string; readonly slots: readonly number[] }[];
    };
    expect(proved.secrets.map((one) => [one.document, one.slots.length])).to.deep.equal([[secret, 2]]);
    await writeFile(forged, (await readFile(record, "utf8")).replace('"exitCode": 115', '"exitCode": 0'));
    expect(codeOf(await run("module verify", { record: forged }))).to.equal("INVALID_RECORD");
    const signed = parseRunRecord(JSON.parse(await readFile(record, "utf8")));
    const [kept] = signed.secrets;
    if (kept === undefined) throw new Error("The record has no secret.");
    const fewer = { ...kept.receipts, answers: kept.receipts.answers.slice(0, 1) };
    for (const lie of [
      { module: `0x${"ab".repeat(32)}` },
      { chainId: "1" },
      { secrets: [{ ...kept, document }] },
      { secrets: [{ ...kept, receipts: fewer }] },
      { run: `0x${"1d".repeat(32)}` }, // receipts of an earlier run
    ]) {
      const { signature: _, ...told } = { ...signed, ...lie }; // signed again by the runner itself: the keepers' receipts say otherwise
      const signature = new Wallet(developmentKey(2)).signingKey.sign(runDigest(told)).serialized;
      await writeFile(forged, JSON.stringify({ ...told, signature }));
      const refused = await run("module verify", { record: forged });
      expect([codeOf(refused), refused.stdout.includes("API_KEY")], JSON.stringify(Object.keys(lie))).to.deep.equal([
        "INVALID_RECORD",
        true,
      ]);
    }
    const { signature: _signature, ...unsigned } = signed;
    const renamed = { ...unsigned, secrets: [{ ...kept, name: "OTHER" }] };
    await writeFile(
      forged,
      JSON.stringify({ ...renamed, signature: new Wallet(developmentKey(2)).signingKey.sign(runDigest(renamed)).serialized }),
    );
    const named = okJson(await run("module verify", { record: forged })) as unknown as {
      readonly secrets: readonly { readonly isNameProved: boolean }[];
    };
    expect(named.secrets.map(({ isNameProved }) => isNameProved)).to.deep.equal([false]);
    await runs(next);
    expect(codeOf(await run("module run", { manifest, account: 2 }))).to.equal("ACCESS_DENIED");
    expect(codeOf(await run("module run", { manifest, account: 3 }))).to.equal("ACCESS_DENIED");

    const out = join(root, "api-key-again");
    expect((await run("secret get", { name: "API_KEY", out, json: false, ...as })).ok).to.equal(true); // its owner
    expect(await readFile(out, "utf8")).to.equal("sk-0123456789");
    const lost = okJson(await run("module diff", { from: build, to: next, ...as })) as unknown as {
      readonly lost: readonly { readonly name: string }[];
    };
    expect(lost.lost.map(({ name }) => name)).to.deep.equal(["API_KEY"]);
    okJson(await run("secret put", { revokeModule: build, grantModule: next, ...as }));
    expect([await ask(build), await ask(next)]).to.deep.equal(["ACCESS_DENIED", "sk-0123456789"]);

    await writeFile(value, "sk-9876543210");
    expect(okJson(await run("secret rotate", { name: "API_KEY", file: value, ...as })).version).to.equal(2);
    expect(await ask(next)).to.equal("sk-9876543210");
    const [listed] = okJson(await run("secret list", as)) as unknown as readonly {
      readonly name: string;
      readonly grants: readonly unknown[];
    }[];
    expect([listed?.name, listed?.grants.length]).to.deep.equal(["API_KEY", 1]);
    okJson(await run("secret revoke", { name: "API_KEY", all: true, ...as }));
    expect(await ask(next)).to.equal("ACCESS_DENIED");
    okJson(await run("secret delete", { name: "API_KEY", yes: true, ...as }));
    expect(codeOf(await run("secret revoke", { name: "NO_SUCH", all: true, ...as }))).to.equal("USAGE");
  });

  it("run a module by a service: for a caller that is listed, once for each request, with a record that holds", async () => {
    const folder = join(root, "service");
    const [value, build, records] = [join(root, "service-key"), join(folder, "c.wasm"), join(root, "records")];
    await Promise.all([mkdir(folder), mkdir(records)]);
    await writeFile(value, "sk-of-a-service");
    const shows = command(`(drop (call $environ (i32.const 64) (i32.const 1024))) ${exitWith("(i32.load8_u (i32.const 1036))")}`, {
      more: data(0, "of a service"),
    });
    await writeFile(build, await wat(shows));
    const as = { account: 1 };
    okJson(await run("secret put", { name: "SERVICE_KEY", file: value, module: build, runner: await bob(), until: "1h", ...as }));
    const [owner, caller] = [await held.chain.account(1).getAddress(), await held.chain.account(4).getAddress()];
    await writeFile(
      join(folder, "c.toml"),
      `[module]\nfile = "c.wasm"\n[[secrets]]\nname = "SERVICE_KEY"\nowner = "${owner}"\nas = "env"\n`,
    );
    const wallet = new Wallet(developmentKey(2));
    await writeFile(join(folder, "password"), "of a test", { mode: 0o600 });
    await writeFile(join(folder, "key.json"), encryptKeystoreJsonSync(wallet, "of a test", { scrypt: { N: 2 } }), { mode: 0o600 });
    const config = parseServiceConfig(
      `dataDirectory = "data"\ncallers = ["${caller}"]
[chain]\nrpcUrls = ["${held.chain.rpcUrl}"]\nchainId = 31337\ndeployment = "${held.cluster.deploymentFile}"
[key]\nkeystoreFile = "key.json"\npassphraseFile = "password"
[blobs]\ndirectory = "${join(root, ".keyquorum/blobs")}"
[http]\nport = 0
[[modules]]\nmanifest = "c.toml"`,
      folder,
    );
    await initialiseRunner(config, { createKey: false });
    const service = await createService(config, { log: silentLogger });
    const url = await service.start();
    try {
      const asked = { service: url, runner: await bob(), module: build, account: 4 };
      const record = join(records, "run.json");
      const ran = okJson(await run("module run", { ...asked, record })) as unknown as { readonly exitCode: number };
      expect(ran.exitCode).to.equal("s".charCodeAt(0));
      const told = { records, name: "SERVICE_KEY", ...as };
      const listed = okJson(await run("secret runs", told)) as unknown as { readonly runs: readonly { readonly outcome: string }[] };
      expect(listed.runs.map(({ outcome }) => outcome)).to.deep.equal(["exited"]);
      const own = okJson(await run("secret runs", { service: url, runner: await bob(), account: 4 })) as unknown as {
        readonly runs: readonly unknown[];
      };
      expect(own.runs).to.have.length(1);
      await writeFile(join(records, "forged.json"), (await readFile(record, "utf8")).replace('"exitCode": 115', '"exitCode": 0'));
      const forged = okJson(await run("secret runs", told)) as unknown as {
        readonly runs: readonly unknown[];
        readonly broken: readonly unknown[];
      };
      expect([forged.runs.length, forged.broken.length]).to.deep.equal([1, 1]);

      expect(codeOf(await run("module run", { ...asked, account: 5 }))).to.equal("CALLER_NOT_ALLOWED");
      let replays: readonly number[] = [];
      const remote = createRemoteRunner({
        ...{ url, signer: new Wallet(developmentKey(4)), domain: { chainId: 31337n, runner: parseAddress(wallet.address.toLowerCase()) } },
        fetch: async (...sent) => {
          const answer = await fetch(...sent);
          if (sent[1]?.method === "POST") replays = [...replays, (await fetch(...sent)).status];
          return answer;
        },
      });
      const module = parseHash32(
        `0x${createHash("sha256")
          .update(await readFile(build))
          .digest("hex")}`,
      );
      expect((await remote.run({ module })).record.exitCode).to.equal("s".charCodeAt(0));
      expect(replays).to.deep.equal([409]);

      okJson(await run("secret revoke", { name: "SERVICE_KEY", all: true, ...as }));
    } finally {
      await service.stop();
    }
  });

  it("name what is wrong with an argument, and never print a stack trace", async () => {
    const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
      ["document get", { document: "0x12" }, "USAGE"],
      ["document get", { document: `0x${"12".repeat(32)}` }, "UNKNOWN_DOCUMENT"],
      ["document get", { document, number: "7" }, "UNKNOWN_DOCUMENT"],
      ["document publish", { file: join(root, "nothing") }, "INVALID_VALUE"],
      ["document publish", { file: join(root, "letter.txt"), key: `0x${"34".repeat(32)}` }, "UNKNOWN_KEY"],
      ["document publish", { file: join(root, "letter.txt"), versionOf: document, account: 2 }, "INVALID_VALUE"],
      ["grant", { document, reader: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293Bc" }, "USAGE"],
      ["document get", { document, range: "5" }, "USAGE"],
      ["document get", { document, session: join(root, "nothing"), onChain: true }, "USAGE"],
      ["document encrypt", { file: join(root, "letter.txt"), keyData: join(root, "letter.txt"), owner: `0x${"12".repeat(20)}` }, "USAGE"],
      ["grant", { document }, "USAGE"],
      ["receipt verify", { file: join(root, "letter.txt") }, "USAGE"],
      ["grant", { document, reader: new Wallet(dice.hex(32)).address, until: "2001-01-01" }, "USAGE"],
      ["grant", { document, reader: new Wallet(dice.hex(32)).address, account: 2 }, "TRANSACTION_REFUSED"],
      ["key request", { threshold: "2" }, "TRANSACTION_REFUSED"],
      ["key request", { threshold: "-1" }, "USAGE"],
      ["key request", { purpose: "sing" }, "USAGE"],
      ["key status", { key: `0x${"34".repeat(32)}` }, "USAGE"],
    ];
    for (const [name, args, code] of wrong) {
      expect(codeOf(await run(name, args)), `${name} ${JSON.stringify(args)}`).to.equal(code);
      const forPeople = await run(name, { ...args, json: false });
      expect(forPeople.stderr)
        .to.match(/^Error: [^\n]+\.( \([A-Z_]+\))?$/m)
        .and.not.match(/\n\s+at /);
    }
  });
});
