import { expect } from "chai";
import { AbiCoder, type Provider } from "ethers";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { codeOf } from "../fakes/errorOf.ts";
import { type ContractWallet, contractWalletSigner } from "./contractWallet.ts";

const owner = rollWallet("owner");
const address = `0x${"ce".repeat(20)}`;
const factory = `0x${"fa".repeat(20)}`;
const chainWith = (code: string): Provider => ({ getCode: async () => code }) as unknown as Provider; // of a provider, only this is used
const typed = [{ name: "Keyquorum", chainId: 1n }, { Word: [{ name: "word", type: "uint256" }] }, { word: 5n }] as const;
const sign = (wallet: Partial<ContractWallet>): Promise<string> =>
  contractWalletSigner({ address, owner, provider: chainWith("0x"), ...wallet }).signTypedData(
    typed[0],
    { Word: [...typed[1].Word] },
    typed[2],
  );
const ownerSignature = (): Promise<string> => owner.signTypedData(typed[0], { Word: [...typed[1].Word] }, typed[2]);

describe("The signer of a contract account", () => {
  it("has the account's address, not its owner's", async () => {
    expect(await contractWalletSigner({ address, owner, provider: chainWith("0x") }).getAddress()).to.equal(address);
  });

  it("gives the owner's signature where the account has code", async () => {
    expect(await sign({ provider: chainWith("0x60") })).to.equal(await ownerSignature());
    expect(await sign({ provider: chainWith("0x60"), factory, factoryCalldata: "0x1234" }), "never wrapped with code").to.equal(
      await ownerSignature(),
    );
  });

  it("wraps it with the factory call where the account has none (ERC-6492)", async () => {
    const signature = await sign({ factory, factoryCalldata: "0x1234" });
    expect(signature.slice(-64)).to.equal("6492".repeat(16));
    const [maker, call, inner] = AbiCoder.defaultAbiCoder().decode(["address", "bytes", "bytes"], signature.slice(0, -64));
    expect([maker.toLowerCase(), call, inner]).to.deep.equal([factory, "0x1234", await ownerSignature()]);
  });

  it("signs as the account wants it", async () => {
    expect(await sign({ provider: chainWith("0x60"), encodeSignature: (inner) => `${inner}00` })).to.equal(`${await ownerSignature()}00`);
  });

  it("does not sign for an account that is not there and cannot be made", async () => {
    expect(await codeOf(sign({}))).to.equal("NO_SIGNER");
  });

  for (const [name, half] of Object.entries({ factory: { factory }, call: { factoryCalldata: "0x12" } }))
    it(`refuses only the ${name}`, async () => {
      expect(await codeOf(Promise.resolve().then(() => sign(half)))).to.equal("INVALID_VALUE");
    });

  it("refuses a bad address, factory and call", async () => {
    for (const bad of [{ address: "0x12" }, { factory: "0x12", factoryCalldata: "0x12" }, { factory, factoryCalldata: "make" }])
      expect(await codeOf(Promise.resolve().then(() => sign(bad)))).to.equal("INVALID_VALUE");
  });

  it("sends no transactions and signs no messages", async () => {
    const signer = contractWalletSigner({ address, owner, provider: chainWith("0x60") });
    expect(await codeOf(signer.sendTransaction({}))).to.equal("NO_SIGNER");
    expect(await codeOf(signer.signTransaction({}))).to.equal("NO_SIGNER");
    expect(await codeOf(signer.signMessage("x"))).to.equal("NO_SIGNER");
  });
});
