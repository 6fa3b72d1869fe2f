import { type Heads, type Rpc, RpcError, readHeads, verifySignature } from "@keyquorum/chain";
import {
  type ContractWallet,
  coinbaseSmartWallet,
  contractWalletSigner,
  erc7739Account,
  type SignDigest,
  safeAccount,
} from "@keyquorum/client";
import {
  type Address,
  hexToBytes,
  parseAddress,
  parseHash32,
  type ReadingSession,
  readingSessionDigest,
  readingSessionTypedData,
} from "@keyquorum/wire";
import { expect } from "chai";
import { concat, hexlify, id, Signature, type Signer, Wallet } from "ethers";
import { network } from "hardhat";

const connection = await network.create();
const { ethers, networkHelpers } = connection;
const { loadFixture, mine } = networkHelpers;

const rpc: Rpc = {
  send: async (method, params) => {
    try {
      return await connection.provider.request({ method, params: [...params] });
    } catch (error) {
      const { code, data } = error as { readonly code?: number; readonly data?: unknown };
      throw new RpcError(method, code ?? 0, String(error), data);
    }
  },
};
const headsNow = (): Promise<Heads> => readHeads(rpc, { kind: "confirmations", blocks: 2 });

const [bob, carol, dave, mallory] = ["bob", "carol", "dave", "mallory"].map((name) => new Wallet(id(name))) as [
  Wallet,
  Wallet,
  Wallet,
  Wallet,
];
const domain = { chainId: 31_337n, shareRequests: `0x${"5a".repeat(20)}` as Address };

/** A session of this account: what wallets show, and what keepers ask about. */
const sessionOf = (account: string) => {
  const session: ReadingSession = {
    requester: parseAddress(account),
    sessionKey: `0x${"77".repeat(20)}` as Address,
    scope: { kind: "owner", owner: `0x${"12".repeat(20)}` as Address },
    since: 1n,
    until: 2n,
    generation: 0n,
  };
  return { typed: readingSessionTypedData(domain, session), digest: readingSessionDigest(domain, session) };
};

/** What the keepers say of it, by the code that they run. */
const verdictOf = async (account: string, signature: string, digest = sessionOf(account).digest): Promise<string> =>
  verifySignature(
    { rpc, from: domain.shareRequests },
    { account: parseAddress(account), digest: parseHash32(digest), signature: hexToBytes(signature) },
    await headsNow(),
  );

const sign = async (address: string, how: Partial<ContractWallet>, owner: Signer = bob): Promise<string> => {
  const { typed } = sessionOf(address);
  return contractWalletSigner({ address, owner, provider: ethers.provider, ...how }).signTypedData(
    typed.domain,
    typed.types,
    typed.message,
  );
};

const accounts = async () => {
  const deploy = async (name: string, args: unknown[]): Promise<string> => (await ethers.deployContract(name, args)).getAddress();
  const owners = [mallory.address, bob.address];
  const many = Array.from({ length: 64 }, (_, i) => new Wallet(id(`owner ${i}`)));
  const found = {
    coinbase: await deploy("ReplaySafeWallet", [owners]),
    otherCoinbase: await deploy("ReplaySafeWallet", [owners]),
    safe: await deploy("MessageSafe", [[bob.address, carol.address, dave.address], 2]),
    otherSafe: await deploy("MessageSafe", [[bob.address, carol.address, dave.address], 2]),
    single: await deploy("MessageSafe", [[bob.address], 1]),
    crowd: await deploy("MessageSafe", [many.map(({ address }) => address), 64]),
    nested: await deploy("NestedWallet", [bob.address]),
    otherNested: await deploy("NestedWallet", [bob.address]),
    many,
  };
  await mine(3);
  return found;
};

describe("Accounts that bind what they are asked about to themselves", () => {
  const kinds: readonly (readonly [string, "coinbase" | "safe" | "nested", "otherCoinbase" | "otherSafe" | "otherNested", SignDigest])[] = [
    ["a Coinbase Smart Wallet", "coinbase", "otherCoinbase", coinbaseSmartWallet({ ownerIndex: 1 })],
    ["a Safe with two of three owners", "safe", "otherSafe", safeAccount({ owners: [dave, bob] })],
    ["an account by ERC-7739", "nested", "otherNested", erc7739Account()],
  ];
  for (const [what, name, other, signDigest] of kinds)
    describe(what, () => {
      it("should sign so that keepers take it", async () => {
        const account = (await loadFixture(accounts))[name];
        expect(await verdictOf(account, await sign(account, { signDigest }))).to.equal("VALID");
      });

      it("should not be served by the owner's plain signature (control)", async () => {
        const account = (await loadFixture(accounts))[name];
        expect(await verdictOf(account, await sign(account, {}))).to.equal("INVALID");
      });

      it("should sign for itself only, and for this digest only", async () => {
        const found = await loadFixture(accounts);
        const signature = await sign(found[name], { signDigest });
        expect(await verdictOf(found[other], signature, sessionOf(found[name]).digest)).to.equal("INVALID");
        expect(await verdictOf(found[name], signature, parseHash32(id("another digest")))).to.equal("INVALID");
      });

      it("should take its owner's signature however the owner's wallet spells it", async () => {
        const account = (await loadFixture(accounts))[name];
        const spelling = (wallet: Wallet): Signer =>
          Object.create(wallet, {
            signTypedData: {
              value: async (...typed: Parameters<Wallet["signTypedData"]>) => {
                const { r, s, yParity } = Signature.from(await wallet.signTypedData(...typed));
                return concat([r, s, `0x0${yParity}`]).slice(2);
              },
            },
          });
        const how = name === "safe" ? safeAccount({ owners: [spelling(bob), spelling(carol)] }) : signDigest;
        expect(await verdictOf(account, await sign(account, { signDigest: how }, spelling(bob)))).to.equal("VALID");
      });

      it("should refuse somebody who is not an owner", async () => {
        const account = (await loadFixture(accounts))[name];
        const how = name === "safe" ? safeAccount({ owners: [mallory, bob] }) : signDigest;
        expect(await verdictOf(account, await sign(account, { signDigest: how }, mallory))).to.equal("INVALID");
      });
    });

  it("a Safe with one owner should need nothing but its kind", async () => {
    const { single } = await loadFixture(accounts);
    expect(await verdictOf(single, await sign(single, { signDigest: safeAccount() }))).to.equal("VALID");
  });

  it("an account of 64 owners should sign with 4,160 bytes, and keepers' gas is enough for them", async () => {
    const { crowd, many } = await loadFixture(accounts);
    const signature = await sign(crowd, { signDigest: safeAccount({ owners: many }) });
    expect(hexToBytes(signature)).to.have.length(4_160);
    expect(await verdictOf(crowd, signature)).to.equal("VALID");
  });

  it("a hash that a Safe approved on chain should need no signature, once that is final", async () => {
    const { safe } = await loadFixture(accounts);
    const { digest } = sessionOf(safe);
    expect(await verdictOf(safe, "0x"), "not approved yet").to.equal("INVALID");
    await (await ethers.getContractAt("MessageSafe", safe)).getFunction("signMessage").send(digest);
    expect(await verdictOf(safe, "0x"), "not final yet").to.equal("SIGNATURE_NOT_FINAL");
    await mine(3);
    expect(await verdictOf(safe, "0x")).to.equal("VALID");
    expect(await verdictOf(safe, "0x", parseHash32(id("another digest")))).to.equal("INVALID");
    expect(await verdictOf(bob.address, "0x"), "an account with a key approves nothing").to.equal("INVALID");
  });

  it("an own `signDigest` should get the digest that keepers ask about, and the account", async () => {
    const { safe } = await loadFixture(accounts);
    const seen: unknown[] = [];
    const signDigest: SignDigest = async (digest, { account, chainId, typed }) => {
      seen.push(digest, account, chainId, Object.keys(typed.types));
      return hexlify(new Uint8Array(3));
    };
    expect(await sign(safe, { signDigest })).to.equal("0x000000");
    expect(seen).to.deep.equal([sessionOf(safe).digest, parseAddress(safe), 31_337n, ["ReadingSession"]]);
  });
});
