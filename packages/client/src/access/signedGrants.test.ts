import {
  type Address,
  bytesToHex,
  documentIdOf,
  type GrantFileBody,
  type Hash32,
  type KeyquorumError,
  parseAddress,
  parseGrantFile,
  signedGrantDigest,
} from "@keyquorum/wire";
import { expect } from "chai";
import { recoverAddress, type Wallet } from "ethers";
import { rollWallet } from "../../../../test/random/wallet.ts";
import type { Client } from "../bareClient.ts";
import { codeOf, errorOf } from "../fakes/errorOf.ts";
import { fakeClock } from "../fakes/fakeClock.ts";
import { createFakeNode } from "../fakes/fakeNode.ts";
import { type SignGrantOptions, signGrant, submitGrant } from "./signedGrants.ts";

const NOW = 1_700_000_000;
const alice = rollWallet("alice");
const aliceAddress = parseAddress(alice.address);
const bob = `0x${"b0".repeat(20)}` as Address;
const salt = `0x${"05".repeat(32)}` as Hash32;
const document = documentIdOf(aliceAddress, salt);
const domain = { chainId: 31337n, accessGrants: `0x${"05".repeat(20)}` as Address };

describe("Signing a grant", () => {
  let prompts = 0;
  const signer = Object.create(alice, {
    signTypedData: {
      value: (...args: Parameters<Wallet["signTypedData"]>) => {
        prompts += 1;
        return alice.signTypedData(...args);
      },
    },
  }) as Wallet; // alice, but counting
  let lookups = 0;
  const nonceOf = async (): Promise<number> => {
    lookups += 1;
    return 7;
  };
  beforeEach(() => {
    [prompts, lookups] = [0, 0];
  });
  const sign = (options?: SignGrantOptions): Promise<GrantFileBody> =>
    signGrant(
      {
        ...createFakeNode().chainWith({ accessGrants: { grantOf: async () => ({ nonce: await nonceOf() }) } }),
        signing: async () => ({ signer, account: aliceAddress as Address, contracts: {} as never }),
        clock: fakeClock(NOW),
        grantDomain: domain,
        timeouts: { transactMs: 60_000 } as never,
      },
      document,
      bob,
      options,
    );

  it("is the grantor's word about this grant", async () => {
    const { domain: signedFor, grant, signature } = parseGrantFile(await sign({ until: new Date((NOW + 60) * 1000), deadline: NOW + 30 }));
    expect(signedFor).to.deep.equal(domain);
    expect(grant).to.deep.equal({
      document,
      reader: bob,
      until: BigInt(NOW + 60),
      grantor: aliceAddress,
      nonce: 7,
      deadline: BigInt(NOW + 30),
    });
    expect(recoverAddress(signedGrantDigest(domain, grant), bytesToHex(signature))).to.equal(alice.address);
  });

  it("lasts forever and may be brought for 7 days, where nothing else is said", async () => {
    expect((await sign()).grant).to.include({ until: "0", deadline: String(NOW + 7 * 86_400) });
  });

  it("needs no network when the nonce is given", async () => {
    expect((await sign({ nonce: 3 })).grant.nonce).to.equal(3);
    expect(lookups).to.equal(0);
    await sign();
    expect(lookups).to.equal(1);
  });

  const refused: Readonly<Record<string, { readonly options: SignGrantOptions; readonly code: string }>> = {
    "an end that has passed": { options: { until: NOW }, code: "INVALID_VALUE" },
    "a deadline that has passed": { options: { deadline: new Date(NOW * 1000) }, code: "INVALID_VALUE" },
    "an end that is no time": { options: { until: -5 }, code: "INVALID_VALUE" },
    "an invalid date": { options: { until: new Date("never") }, code: "INVALID_VALUE" },
    "half a nonce": { options: { nonce: 1.5 }, code: "INVALID_VALUE" },
    "a negative nonce": { options: { nonce: -1 }, code: "INVALID_VALUE" },
    "a salt that is none": { options: { salt: "0x12" }, code: "INVALID_VALUE" },
    "another document's salt": { options: { salt: `0x${"06".repeat(32)}` }, code: "INVALID_GRANT" },
  };
  for (const [name, { options, code }] of Object.entries(refused))
    it(`refuses ${name} before the wallet is asked`, async () => {
      expect(await codeOf(sign(options))).to.equal(code);
      expect(prompts).to.equal(0);
    });

  describe("and bringing it to the chain", () => {
    let sent: string[];
    const submit = async (signed: unknown, owner = `0x${"00".repeat(20)}`, code = "0x", time = NOW) => {
      sent = [];
      const node = createFakeNode();
      const send =
        (name: string) =>
        async (...args: unknown[]) => {
          sent.push(`${name} ${args.length}`);
          return { hash: "0xaa" };
        };
      const chain = node.chainWith({ accessGrants: { ownerOf: async () => owner } });
      Object.assign(chain.provider, {
        getCode: async () => code,
        getBlock: async () => ({ number: 1, timestamp: time }),
        getTransactionReceipt: async () => ({ status: 1, hash: "0xaa", blockNumber: 1, gasUsed: 1n }),
      });
      const contracts = { accessGrants: { claimFor: send("claimFor"), grantBySignature: send("grantBySignature") } };
      const signing = async () => ({ signer, account: aliceAddress as Address, contracts: contracts as never });
      const submitted = await submitGrant({ ...chain, signing, grantDomain: domain } as unknown as Client, signed); // what it uses
      return { sent, submitted };
    };

    it("sends one transaction", async () => {
      const { sent, submitted } = await submit(await sign());
      expect(sent).to.deep.equal(["grantBySignature 2"]);
      expect(submitted).to.not.have.property("claim");
    });

    it("records the owner first where nobody did", async () => {
      const signed = await sign({ salt });
      expect((await submit(signed)).sent).to.deep.equal(["claimFor 2", "grantBySignature 2"]);
      expect((await submit(signed, alice.address)).sent).to.deep.equal(["grantBySignature 2"]);
    });

    it("refuses, before anything is paid for, what the grantor did not sign", async () => {
      const signed = await sign({ salt });
      const changed = { ...signed, grant: { ...signed.grant, reader: `0x${"e0".repeat(20)}` } };
      expect(await codeOf(submit(changed))).to.equal("INVALID_GRANT");
      expect(await codeOf(submit({ ...signed, signature: `0x${"11".repeat(64)}1b` }))).to.equal("INVALID_GRANT");
      expect(await codeOf(submit({ ...signed, signature: "0x1234" }))).to.equal("INVALID_GRANT");
      expect(
        (await submit({ ...signed, signature: "0x1234" }, alice.address, "0x60")).sent,
        "a contract account's own affair",
      ).to.have.length(1);
    });

    it("refuses, before the claim is paid for, what is too late by the chain's time, and says what is over", async () => {
      const signed = await sign({ salt, deadline: NOW + 30, until: NOW + 60 });
      const at = (time: number): Promise<KeyquorumError> => errorOf(submit(signed, undefined, undefined, time));
      expect((await submit(signed, undefined, undefined, NOW + 30)).sent, "in its last second").to.have.length(2);
      const late = await at(NOW + 31);
      expect(late)
        .to.include({ code: "TRANSACTION_REFUSED" })
        .with.property("message")
        .that.matches(/brought to the chain until/);
      expect(late.details).to.deep.equal({ error: "AccessGrantsExpired" });
      expect(sent).to.deep.equal([]);
      const over = await sign({ deadline: NOW + 90, until: NOW + 60 });
      const ended = await errorOf(submit(over, undefined, undefined, NOW + 60));
      expect(ended)
        .to.have.property("message")
        .that.matches(/lasted until/);
      const unending = await sign({ deadline: (1n << 64n) - 1n, until: (1n << 64n) - 1n });
      expect((await submit(unending, undefined, undefined, NOW + 10 ** 9)).sent).to.have.length(1);
    });

    it("refuses what is for another deployment, or no signed grant", async () => {
      const signed = await sign();
      for (const changed of [{ ...signed, chainId: "1" }, { ...signed, accessGrants: bob }, { ...signed, signature: "0x" }, null, "grant"])
        expect(await codeOf(submit(changed))).to.equal("INVALID_GRANT");
    });
  });
});
