import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SeenKeepers } from "@keyquorum/keeper";
import { backend, encodeScalar } from "@keyquorum/threshold";
import { accountOf, bytesToHex, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { Command } from "commander";
import { publicKeyOf } from "../records/serverKeyRecord.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import { domainOf, membersOf } from "../retrieval/membership.ts";
import { createImportHosts, type ImportHosts } from "../testing/importHosts.ts";
import { createOldKey, importerAt, oldRecordOf } from "../testing/oldNodes.ts";
import { addImportCommand } from "./importCommand.ts";

const SLOTS = [1, 2, 4] as const;
const KEYS = [
  createOldKey("first", { nodes: 3, threshold: 1 }),
  createOldKey("second", { nodes: 3, threshold: 1, isStored: false }),
  createOldKey("third", { nodes: 3, threshold: 2 }),
];

const [first] = KEYS as [(typeof KEYS)[number]];

describe("keyquorum-parity import", () => {
  let net: ImportHosts;
  let folder: string;
  let printed: string;
  let complaints: string[];
  beforeEach(async () => {
    [printed, complaints] = ["", []];
    folder = await mkdtemp(join(tmpdir(), "keyquorum-import-"));
    const from = [0, 1, 2].map((node) => accountOf(backend.mulG(importerAt(node).reveal())));
    net = await createImportHosts(SLOTS, () => ({ from, until: Number.MAX_SAFE_INTEGER }));
    for (const node of [0, 1, 2]) {
      const records = Object.fromEntries(KEYS.map((key) => [key.serverKeyId, oldRecordOf(key, node)]));
      await writeFile(join(folder, `node-${node}.json`), JSON.stringify(records), { mode: 0o600 });
      await writeFile(join(folder, `importer-${node}.key`), bytesToHex(encodeScalar(importerAt(node).reveal())), { mode: 0o600 });
    }
    await writeFile(join(folder, "stranger.key"), "7".repeat(64), { mode: 0o600 });
  });
  afterEach(async () => {
    await net.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const see = async (): Promise<SeenKeepers> => {
    const { services } = net.at(SLOTS[0]);
    return {
      ask: services.peers.ask,
      domain: domainOf(services),
      present: async () => ({
        epoch: 4,
        members: (await membersOf(services, 4)).members.map((member) => ({ ...member, endpoint: `http://${member.slot}` })),
      }),
    };
  };
  const now = (): number => net.at(SLOTS[0]).services.clock.now();
  /** Its exit code. */
  const run = async (node: number, ...more: readonly string[]): Promise<number> => {
    [printed, complaints] = ["", []];
    const before = process.exitCode;
    try {
      process.exitCode = 0;
      const program = new Command("keyquorum-parity").exitOverride();
      addImportCommand(program, { print: (text) => (printed += text), complain: (text) => complaints.push(text), see, now });
      const account =
        more.includes("--account-key") || more.includes("--keystore") ? [] : ["--account-key", join(folder, `importer-${node}.key`)];
      const args = [
        "import",
        join(folder, `node-${node}.json`),
        "--deployment",
        "d.json",
        "--rpc",
        "http://127.0.0.1:1",
        ...account,
        ...more,
      ];
      await program.parseAsync(["node", "parity", ...args]);
      return Number(process.exitCode);
    } finally {
      process.exitCode = before ?? 0;
    }
  };
  const nodeFlag = (node: number): readonly string[] => ["--node", `0x${first.nodes[node]?.id ?? ""}`];
  const keysOf = (): readonly { readonly state: string; readonly agreeing: number; readonly needed: number; readonly problem?: string }[] =>
    (JSON.parse(printed) as { readonly keys: [] }).keys;
  const rows = async (): Promise<readonly number[]> =>
    Promise.all(
      SLOTS.map(async (slot) => (await Promise.all(KEYS.map(({ serverKeyId }) => net.rowsOf(slot).ofKey(serverKeyId)))).flat().length),
    );

  it("a dry run should tell what there is, and deal nothing", async () => {
    expect(await run(0, ...nodeFlag(0), "--dry-run")).to.equal(0);
    expect(printed)
      .to.match(/would be dealt/)
      .and.match(/3 keys: 0 imported, 0 delivered, 3 missing/);
    expect(await rows()).to.deep.equal([0, 0, 0]);
    expect(await run(0, "--dry-run"), "which node is it?").to.equal(3);
    expect(printed).to.match(/say which one is this with --node/);
  });

  it("run once for each old node, it should bring every key; running it again should send nothing", async () => {
    expect(await run(0, ...nodeFlag(0), "--json")).to.equal(0);
    expect(keysOf().map(({ state, agreeing, needed }) => [state, agreeing, needed])).to.deep.equal([
      ["delivered", 1, 2],
      ["delivered", 1, 2],
      ["delivered", 1, 3],
    ]);
    expect(await rows()).to.deep.equal([3, 3, 3]);
    const names = (await net.rowsOf(2).ofKey(first.serverKeyId)).map(({ name }) => name);
    expect(await run(0, ...nodeFlag(0))).to.equal(0);
    expect((await net.rowsOf(2).ofKey(first.serverKeyId)).map(({ name }) => name)).to.deep.equal(names);
    expect(await run(1, ...nodeFlag(1))).to.equal(0);
    for (const slot of SLOTS) await net.importingOf(slot).run();
    expect(await run(2, ...nodeFlag(2), "--json")).to.equal(0);
    expect(keysOf().map(({ state }) => state)).to.deep.equal(["imported", "imported", "delivered"]);
    for (const slot of SLOTS) await net.importingOf(slot).run();
    expect(await run(2, ...nodeFlag(2))).to.equal(0);
    expect(printed).to.match(/3 keys: 3 imported/);
    for (const { services } of net.hosts)
      for (const key of KEYS) {
        const isSame = await createServerKeyRecords(services).use(hexToBytes(key.serverKeyId, 32), (record) =>
          publicKeyOf(record).equals(key.publicKey),
        );
        expect(isSame).to.equal(true);
      }
  });

  it("where a keeper is away, it should go on with the others, say so, and bring that one up later", async () => {
    net.answer(2, () => undefined);
    expect(await run(0, ...nodeFlag(0))).to.equal(3);
    expect(printed)
      .to.match(/keeper 2: .*not answer/)
      .and.match(/0\/2\/3/);
    expect(await rows()).to.deep.equal([3, 0, 3]);
    net.answer(2, (answerers) => answerers);
    expect(await run(0, ...nodeFlag(0))).to.equal(0);
    expect(await rows()).to.deep.equal([3, 3, 3]);
  });

  it("stopped between two keys, it should say so; what was delivered should stay, and the next run go on", async () => {
    const stop = new AbortController();
    let asked = 0;
    net.answer(1, (answerers) =>
      answerers.map((one) =>
        one.route.path.endsWith("/imports/share")
          ? {
              ...one,
              respond: async (body) => {
                asked += 1;
                stop.abort();
                return one.respond(body);
              },
            }
          : one,
      ),
    );
    const program = new Command("keyquorum-parity").exitOverride();
    addImportCommand(program, {
      print: (text) => (printed += text),
      complain: (text) => complaints.push(text),
      see,
      now,
      signal: stop.signal,
    });
    const before = process.exitCode;
    await program.parseAsync([
      ...["node", "parity", "import", join(folder, "node-0.json"), "--deployment", "d", "--rpc", "http://127.0.0.1:1"],
      ...["--account-key", join(folder, "importer-0.key"), ...nodeFlag(0)],
    ]);
    expect(process.exitCode).to.equal(130);
    process.exitCode = before ?? 0;
    expect(asked).to.be.at.least(1);
    expect(complaints.join()).to.match(/Stopped\. What was delivered stays/);
    net.answer(1, (answerers) => answerers);
    expect(await run(0, ...nodeFlag(0))).to.equal(0);
    expect(await rows()).to.deep.equal([3, 3, 3]);
  });

  it("a stranger should be told so, and nothing of any file be in what it says", async () => {
    expect(await run(0, ...nodeFlag(0), "--account-key", join(folder, "stranger.key"))).to.equal(1);
    expect(complaints.join()).to.match(/INVALID_SIGNATURE/);
    const [share] = JSON.stringify(oldRecordOf(first, 0)).match(/(?<="secret_share":"0x)[0-9a-f]+/) ?? [];
    if (share === undefined) throw new Error("it has a share");
    for (const text of [printed, ...complaints, ...net.hosts.flatMap(({ lines }) => lines)]) expect(text.includes(share)).to.equal(false);
    expect((await readdir(folder)).length, "it writes no file").to.equal(7);
  });

  it("what it cannot use should be one sentence each", async () => {
    for (const [more, what] of [
      [["--account-key", join(folder, "none.key")], /SECRET_FILE_MISSING/],
      [["--account-key", join(folder, "stranger.key"), "--keystore", "x"], /Give either/],
      [["--keystore", join(folder, "stranger.key")], /Give --password-file/],
      [["--keystore", join(folder, "stranger.key"), "--password-file", join(folder, "stranger.key")], /not a V3 keystore/],
    ] as const) {
      expect(await run(0, ...more)).to.equal(1);
      expect(complaints.join()).to.match(what);
    }
  });

  it("records that disagree, and a share that the sum shows wrong, should be told of", async () => {
    const key = first;
    const [version] = oldRecordOf(key, 0).versions as readonly object[];
    const wrong = oldRecordOf(key, 0, { versions: [{ ...version, secret_share: `0x${"12".repeat(32)}` }] });
    await writeFile(join(folder, "node-0.json"), JSON.stringify({ [key.serverKeyId]: wrong }), { mode: 0o600 });
    await run(0, ...nodeFlag(0));
    expect(await run(1, ...nodeFlag(1))).to.equal(3);
    expect(printed).to.match(/do not add up to it/);
    expect(await run(2, ...nodeFlag(2))).to.equal(3);
    expect(printed).to.match(/the share of 0x[0-9a-f]{40} is wrong; it is imported without/);
    await net.importingOf(1).run();
    expect(await run(0, ...nodeFlag(0))).to.equal(0);
    expect(printed).to.match(/1 keys: 1 imported/);
  });

  it("a keeper whose own refusal hides the others' answers should not stop the tool", async () => {
    net.answer(1, (answerers) =>
      answerers.map((one) => ({
        ...one,
        respond: async () => Promise.reject(new KeyquorumError("RATE_LIMITED", undefined, { details: { retryAfterSeconds: 1 } })),
      })),
    );
    expect(await run(0, ...nodeFlag(0))).to.equal(3);
    expect(printed).to.match(/keeper 1: /);
  });
});
