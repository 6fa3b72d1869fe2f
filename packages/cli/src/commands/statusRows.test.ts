import type { EpochStatusReport, KeeperStatus } from "@keyquorum/keeper";
import { expect } from "chai";
import { statusRows } from "./statusRows.ts";

type ReportedKey = EpochStatusReport["keys"][number];
const keyId = `0x${"ce".repeat(32)}` as ReportedKey["keyId"];
const sid = `0x${"5e".repeat(32)}` as NonNullable<ReportedKey["reshare"]>["sid"];
const NO_EPOCHS: EpochStatusReport = { current: 2, proposed: null, vetoed: [], dealsLater: null, keys: [] };

const statusWith = (epochs: EpochStatusReport, changes: Partial<KeeperStatus> = {}): KeeperStatus => ({
  url: "http://127.0.0.1:8700",
  ready: true,
  reasons: [],
  operator: `0x${"0b".repeat(20)}` as KeeperStatus["operator"],
  identityKey: "0x02",
  identityKeys: ["0x02"],
  lostEpochs: [],
  operatorRegistered: true,
  operatorRevoked: false,
  revokedEpochs: [],
  slot: 3,
  epoch: 2,
  keys: [],
  epochs,
  repairs: [],
  chainId: "31337",
  head: 9,
  final: 7,
  mirrored: 9,
  finalityBroken: null,
  mirroring: null,
  balanceWei: "1",
  feeCreditWei: "",
  pid: 1,
  curveBackend: "wasm",
  ...changes,
});
/** What stands beside a name, and below it. */
const linesOf = (name: string, epochs: Partial<EpochStatusReport>): readonly string[] => {
  const rows = statusRows(statusWith({ ...NO_EPOCHS, ...epochs }));
  const start = rows.findIndex(([found]) => found === name);
  if (start < 0) return [];
  const rest = rows.slice(start + 1).findIndex(([found]) => found !== "");
  return rows.slice(start, start + 1 + rest).map(([, text]) => text);
};

describe("keyquorum-keeper status", () => {
  const proposed = {
    epoch: 3,
    opensAt: "1800000000",
    candidates: [2, 3, 4],
    joining: [4],
    leaving: [1],
    ownKeyPosted: false,
    vetoed: true,
  };

  it("shows who may come and go, whether the own key is posted, and a veto", () => {
    expect(linesOf("Proposed", { proposed })).to.deep.equal([
      "epoch 3, may open at 2027-01-15T08:00:00.000Z, slots 2, 3, 4, own key not posted, VETOED",
      "slots 4 join; slots 1 leave",
    ]);
    const refresh = { ...proposed, joining: [], leaving: [], ownKeyPosted: true, vetoed: false };
    expect(linesOf("Proposed", { proposed: refresh })).to.deep.equal([
      "epoch 3, may open at 2027-01-15T08:00:00.000Z, slots 2, 3, 4, own key posted",
      "the same members as now",
    ]);
    expect(linesOf("Proposed", {})).to.deep.equal([]);
  });

  it("shows that an account or an identity key was revoked as stolen, and what to do", () => {
    const rows = statusRows(statusWith(NO_EPOCHS, { operatorRevoked: true, revokedEpochs: [1, 2] }));
    expect(rows.filter(([name]) => name === "Operator").at(-1)?.[1]).to.include("operator replace");
    expect(rows.find(([name]) => name === "Revoked epochs")?.[1]).to.include("1, 2");
    expect(statusRows(statusWith(NO_EPOCHS)).some(([, text]) => text.includes("revoked"))).to.equal(false);
  });

  it("shows that points are multiplied without WebAssembly, and nothing where all is well", () => {
    const curveRow = (curveBackend: string) => statusRows(statusWith(NO_EPOCHS, { curveBackend })).find(([name]) => name === "Curve");
    expect([curveRow("noble")?.[1], curveRow("wasm")]).to.deep.equal(["in JavaScript, slow: this Node refuses WebAssembly", undefined]);
  });

  it("shows vetoes, and that they cannot be read", () => {
    expect(linesOf("Deals later", { dealsLater: { epoch: 3, until: "2027-01-15T08:00:00.000Z" } })).to.deep.equal([
      "into epoch 3 from 2027-01-15T08:00:00.000Z on",
    ]);
    expect(linesOf("Vetoed", { vetoed: [3, 5] })).to.deep.equal(["epochs 3, 5"]);
    expect(linesOf("Vetoes", { vetoed: null })[0]).to.include("cannot be read");
  });

  it("shows each key's epoch, the own share of it, and how far its reshare is", () => {
    const key = { keyId, epoch: 2, slot: 3, share: "held", quorumMargin: 1 } as const;
    const reshare = {
      sid,
      fromEpoch: 2,
      epoch: 3,
      status: "AwaitingReady",
      readyMissing: 2,
      stragglers: [2, 4],
      withheld: "VETOED",
    } as const;
    expect(linesOf("Keys", { keys: [{ ...key, reshare: null }] })).to.deep.equal([
      "1",
      `${keyId} epoch 2, own share held, 1 members above the quorum`,
    ]);
    expect(linesOf("Keys", { keys: [{ ...key, reshare }] })[2]).to.equal(
      "  reshare to epoch 3: AwaitingReady, 2 confirmations missing, waiting for slots 2, 4, this keeper does not deal: VETOED",
    );
  });
});
