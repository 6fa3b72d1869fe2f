import { type Point, toXY } from "@keyquorum/threshold";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness } from "../report/readiness.ts";
import { createFakeChain, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { IDENTITY_SECRET, OPERATOR } from "../testing/tempVault.ts";
import { identityKeyOf, type KeeperIdentities } from "./identity.ts";
import { createStanding } from "./standing.ts";

const OWN: Point = identityKeyOf(IDENTITY_SECRET);
const identities = { all: () => [OWN], holds: (key: Point) => key.equals(OWN) } as unknown as KeeperIdentities; // no more is asked here

describe("where a keeper stands when something of it was stolen", () => {
  let chain: FakeChain;
  let lines: string[];
  const create = () => {
    const readiness = createReadiness();
    readiness.set("starting", false);
    const standing = createStanding({
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      operator: OPERATOR,
      formerOperators: [],
      identities,
      log: createLogger("info", { write: (line) => lines.push(line) }),
      metrics: createMetrics({ version: "0", processMetrics: false }),
      readiness,
    });
    const look = async (): Promise<readonly string[]> => {
      chain.head += 1;
      await standing.refresh(headsOf(chain).head);
      return readiness.reasons();
    };
    return { standing, look };
  };
  const said = (text: string): number => lines.filter((line) => line.includes(text)).length;

  beforeEach(() => {
    [chain, lines] = [createFakeChain(), []];
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    chain.answers["keeperRegistry.keeperAt"] = () => [[OPERATOR, 3, false, toXY(OWN), "", "", "Clara"]];
    chain.answers["keeperRegistry.currentEpoch"] = () => [1];
    chain.answers["keeperRegistry.committeeOf"] = () => [[[3, OPERATOR, toXY(OWN), toXY(OWN)]]];
  });

  it("is ready while nothing was revoked", async () => {
    const { standing, look } = create();
    expect(await look()).to.deep.equal([]);
    expect([standing.isOperatorRevoked(), standing.revokedEpochs()]).to.deep.equal([false, []]);
  });
  it("is not ready once its account was revoked, and says so once, with the way out", async () => {
    const { standing, look } = create();
    await look();
    chain.answers["keeperRegistry.isRevoked"] = () => [true];
    for (let round = 0; round < 3; round += 1) expect(await look()).to.deep.equal(["operator_revoked"]);
    expect([standing.isOperatorRevoked(), said("operator replace")]).to.deep.equal([true, 1]);
  });
  it("sends again when a reorg took the revocation back", async () => {
    const { standing, look } = create();
    chain.answers["keeperRegistry.isRevoked"] = () => [true];
    await look();
    chain.answers["keeperRegistry.isRevoked"] = () => [false];
    expect(await look()).to.deep.equal([]);
    expect(standing.isOperatorRevoked()).to.equal(false);
  });
  it("names the epochs whose identity key was revoked", async () => {
    const { standing, look } = create();
    chain.answers["keeperRegistry.identityRevokedAt"] = () => [1_800_000_000n];
    expect(await look()).to.deep.equal(["identity_revoked"]);
    await look();
    expect([standing.revokedEpochs(), said("identity new")]).to.deep.equal([[1], 1]);
  });
});
