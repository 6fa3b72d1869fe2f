import { interfaceOf } from "@keyquorum/bindings";
import { RpcError } from "@keyquorum/chain";
import type { RequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import { createFakeChain, FAKE_ADDRESSES, type FakeChain, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { challengeSubject, challengeTransactionId, createMayStillChallenge, parseChallengeSubject } from "./challengeTransaction.ts";

const challenge = { requestId: `0x${"4e".repeat(32)}` as RequestId, slot: 4 };
const data = interfaceOf("optimisticRequests").encodeFunctionData("settle", [challenge.requestId]); // which call it is does not matter here

describe("a challenge that was signed earlier (D63)", () => {
  let temp: TempVault;
  let chain: FakeChain;
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    await temp.vault.challenges.save({ ...challenge, gas: 1n });
  });
  afterEach(() => temp.remove());

  const ask = (isSeen = true) =>
    createMayStillChallenge({
      ...{ vault: temp.vault, rpc: chain.rpc, operator: OPERATOR, log: silentLogger },
      seen: { now: () => (isSeen ? headsOf(chain) : undefined) },
    })(challengeSubject(challenge), { id: challengeTransactionId(challenge), to: FAKE_ADDRESSES.optimisticRequests, data });
  const isGivenUp = async (): Promise<boolean | undefined> => (await temp.vault.challenges.of(challenge.requestId))[0]?.givenUp;

  it("is named by its request and slot", () => {
    expect(parseChallengeSubject(challengeSubject(challenge))).to.deep.equal(challenge);
    expect(challengeTransactionId(challenge)).to.equal(`challenge:${challenge.requestId}:4`);
  });
  it("is sent while the contract would take it", async () => {
    chain.answers["optimisticRequests.settle"] = () => [];
    expect([await ask(), await isGivenUp()]).to.deep.equal(["yes", false]);
  });
  it("is withdrawn for good when it would refuse it: challenged by another, over, or answered again after a reorganisation", async () => {
    chain.answers["optimisticRequests.settle"] = () => {
      throw new RpcError("eth_call", 3, "reverted", "0x1234");
    };
    expect([await ask(), await isGivenUp()]).to.deep.equal(["no", true]);
  });
  it("waits while the chain cannot be asked, or was not seen", async () => {
    chain.answers["optimisticRequests.settle"] = () => [];
    expect(await ask(false)).to.equal("later");
    chain.isReachable = false;
    expect([await ask(), await isGivenUp()]).to.deep.equal(["later", false]);
  });
});
