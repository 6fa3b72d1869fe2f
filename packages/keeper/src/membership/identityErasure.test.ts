import { encodeScalar, type Point, toXY } from "@keyquorum/threshold";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { silentLogger } from "../report/logger.ts";
import { createCommittees } from "../shares/committees.ts";
import { createFakeChain, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, IDENTITY_SECRET, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { identityKeyOf, type KeeperIdentities, loadIdentities } from "./identity.ts";
import { createEraseIdentities } from "./identityErasure.ts";

const SLOT = 3;
const [SECOND, THIRD] = [encodeScalar(22n), encodeScalar(33n)];
const [first, second, third] = [identityKeyOf(IDENTITY_SECRET), identityKeyOf(SECOND), identityKeyOf(THIRD)];

describe("createEraseIdentities", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let identities: KeeperIdentities;
  /** Frozen keys by epoch. */
  let frozen: readonly Point[];

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    await temp.vault.identities.add(SECOND);
    await temp.vault.identities.add(THIRD);
    identities = await loadIdentities(temp.vault);
    chain = createFakeChain();
    frozen = [first, second];
    chain.answers["keeperRegistry.keeperAt"] = () => [[OPERATOR, SLOT, false, toXY(second), "", "", "Clara"]];
    chain.answers["keeperRegistry.currentEpoch"] = () => [frozen.length];
    chain.answers["keeperRegistry.lastEpoch"] = () => [frozen.length];
    chain.answers["keeperRegistry.committeeOf"] = ([epoch]) => [[[SLOT, OPERATOR, toXY(first), toXY(frozen[Number(epoch) - 1] as Point)]]];
  });
  afterEach(() => temp.remove());

  const erase = async (neededEpochs: readonly number[] | "unknown" = []): Promise<readonly Point[]> => {
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    const { vault } = temp;
    const work = createEraseIdentities({
      vault,
      reader,
      committees: createCommittees({ reader }),
      identities,
      slot: () => SLOT,
      neededEpochs: async () => (neededEpochs === "unknown" ? undefined : neededEpochs),
      log: silentLogger,
    });
    await work(headsOf(chain));
    return identities.all();
  };

  it("erases a key when no epoch that is left needs it, from the vault too, and keeps what is not registered yet", async () => {
    expect((await erase()).map((key) => key.equals(second) || key.equals(third))).to.deep.equal([true, true]);
    expect(await temp.vault.identities.list()).to.have.length(2);
    expect(await temp.vault.secrets.load("identity")).to.equal(undefined);
  });
  it("keeps it while a share or an encryption secret of its epoch is left", async () => {
    await temp.vault.epochSecrets.save(1, SECOND);
    expect(await erase()).to.have.length(3);
    await temp.vault.epochSecrets.erase(1);
    expect(await erase()).to.have.length(2);
  });
  it("keeps it while an extension needs its epoch, or cannot say which it needs", async () => {
    expect(await erase([1])).to.have.length(3);
    expect(await erase("unknown")).to.have.length(3);
    expect(await erase([2])).to.have.length(2);
  });
  it("keeps it while the newest epoch has it", async () => {
    frozen = [first];
    expect(await erase()).to.have.length(3);
  });
  it("erases nothing while an epoch is proposed: what that froze is seen when it opens", async () => {
    chain.answers["keeperRegistry.lastEpoch"] = () => [3];
    chain.answers["keeperRegistry.statusOf"] = () => [1];
    expect(await erase()).to.have.length(3);
    chain.answers["keeperRegistry.statusOf"] = () => [3];
    expect(await erase()).to.have.length(2);
  });
  it("erases nothing while the registry names a key that is not here", async () => {
    chain.answers["keeperRegistry.keeperAt"] = () => [[OPERATOR, SLOT, false, toXY(identityKeyOf(encodeScalar(44n))), "", "", "Clara"]];
    expect(await erase()).to.have.length(3);
  });
});
