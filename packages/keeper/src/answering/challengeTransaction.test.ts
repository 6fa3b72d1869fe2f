import { interfaceOf } from "@keyquorum/bindings";
import { RpcError } from "@keyquorum/chain";
import type { RequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import { createFakeChain, FAKE_ADDRESSES, type FakeChain, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { challengeTransactionId, mayStillChallenge, parseChallengeTransaction } from "./challengeTransaction.ts";

const challenge = { requestId: `0x${"4e".repeat(32)}` as RequestId, slot: 4 };

describe("a challenge that was signed earlier (D63)", () => {
  let temp: TempVault;
  let chain: FakeChain;
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    const data = interfaceOf("optimisticRequests").encodeFunctionData("settle", [challenge.requestId]); // which call it is does not matter here
    await temp.vault.outbox.save(challengeTransactionId(challenge), { to: FAKE_ADDRESSES.optimisticRequests, data });
    await temp.vault.challenges.save({ ...challenge, gas: 1n });
  });
  afterEach(() => temp.remove());

  const ask = (isSeen = true) =>
    mayStillChallenge(
      { vault: temp.vault, rpc: chain.rpc, operator: OPERATOR, heads: () => (isSeen ? headsOf(chain) : undefined), log: silentLogger },
      challenge,
    );
  const isGivenUp = async (): Promise<boolean | undefined> => (await temp.vault.challenges.of(challenge.requestId))[0]?.givenUp;

  it("is named by its request and slot", () => {
    expect(parseChallengeTransaction(challengeTransactionId(challenge))).to.deep.equal(challenge);
    expect(parseChallengeTransaction(`answer:${challenge.requestId}`)).to.equal(undefined);
  });
  it("is sent while the contract would take it", async () => {
    chain.answers["optimisticRequests.settle"] = () => [];
    expect([await ask(), await isGivenUp()]).to.deep.equal(["yes", false]);
  });
  it("is withdrawn for good when it would refuse it: challenged by another, over, or answered anew after a reorganisation", async () => {
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
