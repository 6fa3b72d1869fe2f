import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@keyquorum/cluster";
import { expect } from "chai";
import { IParityService__factory } from "../../typechain-types/factories/contracts/interfaces/IParityService__factory.ts";
import { codeOf, createRunner, okJson, type Result } from "./support/taskRunner.ts";
import { KEEPERS_DO_NOT_CHALLENGE, withCluster } from "./support/withCluster.ts";

const SECRET = "the well is behind the third oak";

// Accounts: 0 governs, 1 is alice, 2 is bob, 3 is mallory, 4 is carol, 5 administers.
describe("tasks of access, sessions, receipts, fees and permissions contracts, n = 3, t = 1", () => {
  let root: string;
  let run: ReturnType<typeof createRunner>;
  let document: string;
  const held = withCluster({ keepers: 3, threshold: 1, limits: KEEPERS_DO_NOT_CHALLENGE }, async (cluster) => {
    root = join(held.directory, "root");
    await mkdir(root);
    run = createRunner(root, () => ({ rpc: held.chain.rpcUrl, deployment: cluster.deploymentFile, json: true }));
    await writeFile(join(root, "letter.txt"), SECRET);
    ({ document } = okJson(await run("document publish", { file: join(root, "letter.txt"), account: 1 })));
  });
  const person = (index: number): Promise<string> => held.chain.account(index).getAddress();
  const fields = (result: Result): Readonly<Record<string, unknown>> => okJson(result) as unknown as Readonly<Record<string, unknown>>;
  const read = async (args: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> =>
    fields(await run("document get", { document, out: "-", ...args }));

  it("sign a grant, let a stranger submit it once, and never twice", async () => {
    const file = join(root, "grant.json");
    okJson(await run("grant", { document, reader: await person(2), sign: file, until: "1h", account: 1 }));
    expect(fields(await run("access check", { document, user: await person(2) })).permitted).to.equal(false);
    okJson(await run("access submit", { file, account: 3 }));
    expect(fields(await run("access check", { document, user: await person(2) })).permitted).to.equal(true);
    expect(codeOf(await run("access submit", { file, account: 3 }))).to.equal("TRANSACTION_REFUSED");
    const forged = JSON.stringify(JSON.parse(await readFile(file, "utf8"))).replace(
      /"reader":"0x[0-9a-f]{40}"/,
      `"reader":"${(await person(3)).toLowerCase()}"`,
    );
    await writeFile(file, forged);
    expect(codeOf(await run("access submit", { file, account: 3 }))).to.equal("INVALID_GRANT");
    expect((await read({ account: 2 })).content).to.equal(SECRET);
  });

  it("grant and revoke many from a file, and name the line that is wrong", async () => {
    const readers = join(root, "readers.txt");
    await writeFile(readers, `# friends\n${await person(3)}, 1h\n\n${await person(4)}\n`);
    okJson(await run("grant", { document, readers, account: 1 }));
    expect(fields(await run("access available", { user: await person(4) })).documents).to.have.length(1);
    okJson(await run("revoke", { document, readers, account: 1 }));
    expect(fields(await run("access available", { user: await person(4) })).documents).to.have.length(0);
    await writeFile(readers, `${await person(4)}\n0x12\n`);
    const refused = await run("grant", { document, readers, account: 1, json: false });
    expect(refused.stderr).to.include(`${readers}, line 2`);
  });

  it("appoint an administrator who grants, delegate one step, and end both", async () => {
    okJson(await run("access appoint", { document, who: await person(5), account: 1 }));
    okJson(await run("grant", { document, reader: await person(4), account: 5 }));
    okJson(await run("access delegate", { document, who: await person(6), until: "1h", account: 4 }));
    expect(codeOf(await run("access delegate", { document, who: await person(7), account: 6 }))).to.equal("TRANSACTION_REFUSED");
    expect((await read({ account: 6 })).content).to.equal(SECRET);
    okJson(await run("access undelegate", { document, who: await person(6), account: 4 }));
    expect(codeOf(await run("document get", { document, out: "-", account: 6 }))).to.equal("ACCESS_DENIED");
    okJson(await run("access dismiss", { document, who: await person(5), account: 1 }));
    expect(codeOf(await run("document get", { document, out: "-", account: 4 }))).to.equal("ACCESS_DENIED");
  });

  it("read under a session that a file holds, until the wallet ends it", async () => {
    const out = join(root, "session.json");
    const opened = fields(await run("session open", { out, documents: document, hours: 1, account: 2 }));
    expect((await stat(out)).mode & 0o777).to.equal(0o600);
    expect(JSON.stringify(opened)).not.to.include((JSON.parse(await readFile(out, "utf8")) as { readonly secretKey: string }).secretKey);
    expect((await read({ session: out, account: 9 })).content).to.equal(SECRET);
    expect(codeOf(await run("session open", { out, documents: document, account: 2 }))).to.equal("FILE_EXISTS");
    okJson(await run("session end", { account: 2 }));
    expect(codeOf(await run("document get", { document, out: "-", session: out }))).to.equal("SESSION_ENDED");
  });

  it("keep receipts of a reading and verify them without a network and against the chain; a changed digit is refused", async () => {
    const receipts = join(root, "receipts.json");
    await read({ account: 2, receipts });
    const offline = fields(await run("receipt verify", { file: receipts, rpc: "http://127.0.0.1:1" }));
    expect([offline.trust, offline.document, offline.requester]).to.deep.equal(["file", document, (await person(2)).toLowerCase()]);
    const root32 = await held.cluster.contracts.keeperRegistry.committeeRootOf(1);
    expect(fields(await run("receipt verify", { file: receipts, committeeRoot: root32 })).trust).to.equal("pinned");
    expect(codeOf(await run("receipt verify", { file: receipts, committeeRoot: `0x${"12".repeat(32)}` }))).to.equal("INVALID_RECEIPTS");
    expect(fields(await run("receipt verify", { file: receipts, online: true })).trust).to.equal("chain");
    const text = await readFile(receipts, "utf8");
    const at = text.indexOf('"headBlock": "0x') + 16;
    await writeFile(receipts, `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`);
    expect(codeOf(await run("receipt verify", { file: receipts }))).to.equal("INVALID_RECEIPTS");
  });

  it("set a price that a request pays and a keeper withdraws; read in both modes on chain", async () => {
    expect(codeOf(await run("fees set", { price: "5gwei", account: 3 }))).to.equal("TRANSACTION_REFUSED");
    okJson(await run("fees set", { price: "5gwei" }));
    okJson(await run("fees set", { price: "2gwei", optimistic: true }));
    const verified = await read({ onChain: true, account: 2 });
    const { keepers, price } = fields(await run("fees show")) as {
      readonly keepers: readonly { readonly slot: number; readonly credit: string }[];
      readonly price: object;
    };
    expect(price).to.deep.equal({ verified: "5000000000", optimistic: "2000000000" });
    const paid = keepers.filter(({ credit }) => credit === "5000000000");
    expect(paid).to.have.length(2);
    expect(fields(await run("request show", { request: verified.requestId as string })).status).to.equal("Served");
    okJson(await run("fees withdraw", { slot: String(paid[0]?.slot) }));
    expect(codeOf(await run("fees withdraw", { slot: String(paid[0]?.slot) }))).to.equal("USAGE");

    const optimistic = await read({ optimistic: true, account: 2 });
    expect(optimistic.content).to.equal(SECRET);
    const shown = fields(await run("request show", { request: optimistic.requestId as string }));
    expect([shown.status, shown.mode]).to.deep.equal(["Pending", "optimistic"]);
    const [slot] = optimistic.used as readonly number[];
    expect(codeOf(await run("request challenge", { request: optimistic.requestId as string, slot: String(slot), account: 3 }))).to.equal(
      "NOTHING_TO_PROVE",
    );
    expect(codeOf(await run("request settle", { request: optimistic.requestId as string }))).to.equal("TRANSACTION_REFUSED");
    expect(codeOf(await run("request refund", { request: `0x${"12".repeat(32)}` }))).to.equal("UNKNOWN_REQUEST");
  });

  it("convict a keeper that posted a wrong answer, and show it", async () => {
    const { contracts, keeper } = held.cluster;
    const { optimisticRequests } = contracts;
    await keeper(3).process().stop();
    await keeper(3).start({ extensions: ["@keyquorum/testing/lyingKeeper"] });
    keeper(1).process().signal("SIGSTOP"); // so that the liar's answer is one of the first two
    const posted = async () =>
      (await optimisticRequests.queryFilter(optimisticRequests.filters.ShareAnswered())).filter(({ args }) => args.slot === 3n);
    const before = (await posted()).length;
    const reading = read({ optimistic: true, account: 2 });
    await waitFor("the liar has posted", async () => (await posted()).length > before, held.cluster);
    keeper(1).process().signal("SIGCONT");
    const { requestId: request } = (await reading) as { readonly requestId: string };
    expect(fields(await run("request show", { request })).disproved).to.deep.equal([]);
    okJson(await run("request challenge", { request, slot: "3", account: 3 }));
    const shown = fields(await run("request show", { request }));
    expect([shown.answered, shown.disproved]).to.deep.equal([[1, 2, 3], [3]]);
    await keeper(3).process().stop();
    await keeper(3).start({ extensions: [] });
  });

  it("deploy the key server set of Parity's users, and its services over one", async () => {
    const { keyServerSet } = fields(await run("parity deploy", { what: "server-set" }));
    const { services, ...rest } = fields(
      await run("parity deploy", { what: "services", fee: "5gwei", keyServers: keyServerSet as string }),
    );
    expect(rest).to.deep.equal({ keyServerSet });
    expect(Object.keys(services as object)).to.deep.equal(["generation", "retrieval", "store", "shadows"]);
    for (const { address } of Object.values(services as Record<string, { address: string }>)) {
      const service = IParityService__factory.connect(address, held.chain.provider);
      expect([await service.fee(), await service.maxPending(), await service.keyServersCount()]).to.deep.equal([5_000_000_000n, 8n, 3n]);
    }
    for (const wrong of [
      { what: "everything" },
      { what: "services" },
      { what: "server-set", fee: "1" },
      { what: "services", fee: "1", maxPending: "0" },
    ])
      expect(codeOf(await run("parity deploy", wrong)), JSON.stringify(wrong)).to.equal("USAGE");
  });

  it("deploy a permissions contract and move a document there; its old grants count no more", async () => {
    const { address } = fields(await run("permissions deploy", { kind: "subscription", account: 1 }));
    expect(codeOf(await run("permissions deploy", { kind: "nothing" }))).to.equal("USAGE");
    expect(codeOf(await run("permissions deploy", { kind: "erc20" }))).to.equal("USAGE");
    expect(codeOf(await run("permissions move", { document, permissions: address as string, account: 3 }))).to.equal("TRANSACTION_REFUSED");
    okJson(await run("permissions move", { document, permissions: address as string, account: 1 }));
    expect(codeOf(await run("document get", { document, out: "-", account: 2 }))).to.equal("ACCESS_DENIED");
  });

  it("tell who answers now: a keeper that hangs is dead, and may not be lost any more", async () => {
    type Health = { readonly slot: number; readonly ready: boolean; readonly failure?: { readonly code: string } };
    const states = async () =>
      (fields(await run("keepers status")).keepers as readonly Health[]).map(({ ready, failure }) => (ready ? "ready" : failure?.code));
    const margins = async () =>
      (fields(await run("epoch status")).keys as readonly { readonly margin: number }[]).map(({ margin }) => margin);
    expect(await states()).to.deep.equal(["ready", "ready", "ready"]);
    expect(await margins()).to.deep.equal([1]);
    held.cluster.keeper(2).process().signal("SIGSTOP");
    expect(await states()).to.deep.equal(["ready", "STALLED", "ready"]);
    expect(await margins()).to.deep.equal([0]);
    held.cluster.keeper(2).process().signal("SIGCONT");
  });
});
