import { signatureQuestionCode } from "@keyquorum/bindings/simulatedSignature";
import { type Heads, type ListedFactory, type Rpc, RpcError, readHeads, verifySignature } from "@keyquorum/chain";
import { hexToBytes, MAX_SIGNATURE_BYTES, parseAddress, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { AbiCoder, concat, id, Signature, Wallet, ZeroAddress, zeroPadBytes } from "ethers";
import { network } from "hardhat";
import { SimulatedSignature__factory } from "../../../typechain-types/index.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;
const { loadFixture, mine } = networkHelpers;

const MAGIC = "0x1626ba7e";
const MAGIC_WORD = zeroPadBytes(MAGIC, 32);
const FROM = `0x${"5a".repeat(20)}`;
const digest = id("a share request");
const SALT = id("salt");

/** As it was compiled now: the types that bindings reads may be older where a check is taken out on purpose (scripts/mutants.ts). */
const { bytecode: COMPILED } = await ethers.getContractFactory("SimulatedSignature");
const asCompiled = (params: readonly unknown[]): unknown[] =>
  JSON.parse(JSON.stringify(params).replace(SimulatedSignature__factory.bytecode, COMPILED)) as unknown[];

const sent: string[] = [];
const rpc: Rpc = {
  send: async (method, params) => {
    sent.push(method);
    try {
      return await connection.provider.request({ method, params: asCompiled(params) });
    } catch (error) {
      const { code, data } = error as { readonly code?: number; readonly data?: unknown };
      throw new RpcError(method, code ?? 0, String(error), data);
    }
  },
};

const wallets = async () => {
  const [bob, mallory] = [new Wallet(id("bob")), new Wallet(id("mallory"))];
  const wallet = await ethers.deployContract("OwnerWallet", [bob.address]);
  const factory = await ethers.deployContract("OwnerWalletFactory");
  const hostileFactory = await ethers.deployContract("HostileFactory");
  await mine(3);
  return { bob, mallory, wallet, factory, hostileFactory };
};

const sign = (signer: Wallet): string => signer.signingKey.sign(digest).serialized;
/** As ERC-6492 wraps it. */
const wrap = (factory: string, call: string, signature: string): string =>
  concat([AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], [factory, call, signature]), `0x${"6492".repeat(16)}`]);

const headsNow = (blocks = 2): Promise<Heads> => readHeads(rpc, { kind: "confirmations", blocks });
const verify = async (
  account: string,
  signature: string,
  { heads, factories = [] }: { readonly heads?: Heads; readonly factories?: readonly ListedFactory[] } = {},
): Promise<string> =>
  verifySignature(
    { rpc, from: FROM, factories },
    { account: parseAddress(account), digest: parseHash32(digest), signature: hexToBytes(signature) },
    heads ?? (await headsNow()),
  );
/** What an operator lists: the function that this call calls, of this factory, makes accounts with the code that is at `made`. */
const listing = async (factory: string, call: string, made: string): Promise<ListedFactory> => ({
  address: parseAddress(factory),
  selector: call.slice(0, 10),
  accountCodeHash: parseHash32(ethers.keccak256(await ethers.provider.getCode(made))),
});
const deployed = async (name: string, args: unknown[] = []): Promise<string> => {
  const address = await (await ethers.deployContract(name, args)).getAddress();
  await mine(3);
  return address;
};

describe("verifySignature: an account's own signature", () => {
  it("when it recovers to the account, it is VALID, and no call is made", async () => {
    const { bob } = await loadFixture(wallets);
    const heads = await headsNow();
    sent.length = 0;
    expect(await verify(bob.address, sign(bob), { heads })).to.equal("VALID");
    expect(sent).to.deep.equal([]);
  });

  it("when it recovers to somebody else, or is malleated, cut, or empty, it is INVALID", async () => {
    const { bob, mallory } = await loadFixture(wallets);
    const { r, s, yParity } = Signature.from(sign(bob));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const highS = `0x${(order - BigInt(s)).toString(16).padStart(64, "0")}`;
    for (const bad of [
      sign(mallory),
      concat([r, highS, yParity === 0 ? "0x1c" : "0x1b"]),
      concat([r, s, yParity === 0 ? "0x00" : "0x01"]),
      sign(bob).slice(0, -2),
      concat([sign(bob), "0x00"]),
      "0x",
    ])
      expect(await verify(bob.address, bad), bad).to.equal("INVALID");
  });
});

describe("verifySignature: a contract account (ERC-1271)", () => {
  it("when its owner signed, it is VALID; when mallory did, or the wallet's own word is missing, INVALID", async () => {
    const { bob, mallory, wallet } = await loadFixture(wallets);
    const address = await wallet.getAddress();
    expect(await verify(address, sign(bob))).to.equal("VALID");
    expect(await verify(address, sign(mallory))).to.equal("INVALID");
    expect(await verify(address, "0x")).to.equal("INVALID");
    expect(await verify(mallory.address, sign(bob))).to.equal("INVALID");
  });

  it("when it was deployed after the final block, it is SIGNATURE_NOT_FINAL, and VALID later", async () => {
    const { bob } = await loadFixture(wallets);
    const address = await (await ethers.deployContract("OwnerWallet", [bob.address])).getAddress();
    expect(await verify(address, sign(bob))).to.equal("SIGNATURE_NOT_FINAL");
    await mine(2);
    expect(await verify(address, sign(bob))).to.equal("VALID");
  });

  it("when it changes its mind between the two blocks, the newest no counts at once, the newest yes when it is final", async () => {
    const { bob } = await loadFixture(wallets);
    const fickle = await ethers.deployContract("FickleWallet");
    const address = await fickle.getAddress();
    await mine(3);
    expect(await verify(address, sign(bob))).to.equal("VALID");
    await fickle.set(false);
    expect(await verify(address, sign(bob))).to.equal("INVALID");
    await mine(3);
    await fickle.set(true);
    expect(await verify(address, sign(bob))).to.equal("SIGNATURE_NOT_FINAL");
  });

  it("when the signature is wrapped for deployment, an account with code is not unwrapped", async () => {
    const { bob, wallet, factory } = await loadFixture(wallets);
    const call = factory.interface.encodeFunctionData("make", [bob.address, SALT]);
    const wrapped = wrap(await factory.getAddress(), call, sign(bob));
    expect(await verify(await wallet.getAddress(), wrapped)).to.equal("INVALID");
    const counterfactual = await factory.addressOf(bob.address, SALT);
    const factories = [await listing(await factory.getAddress(), call, await wallet.getAddress())];
    expect(await verify(counterfactual, wrapped, { factories }), "the control").to.equal("VALID");
    await factory.make(bob.address, SALT);
    await mine(3);
    expect(await verify(counterfactual, wrapped, { factories })).to.equal("INVALID");
    expect(await verify(counterfactual, sign(bob))).to.equal("VALID");
  });

  const hostile: readonly (readonly [string, string, unknown[], string])[] = [
    ["returns the magic word alone (the control)", "RawWallet", [MAGIC_WORD], "VALID"],
    ["returns nothing", "RawWallet", ["0x"], "INVALID"],
    ["returns four bytes", "RawWallet", [MAGIC], "INVALID"],
    ["returns 31 bytes", "RawWallet", [MAGIC_WORD.slice(0, -2)], "INVALID"],
    ["returns 33 bytes", "RawWallet", [concat([MAGIC_WORD, "0x00"])], "INVALID"],
    ["returns two words", "RawWallet", [concat([MAGIC_WORD, MAGIC_WORD])], "INVALID"],
    ["returns dirt behind the magic value", "RawWallet", [`${MAGIC_WORD.slice(0, -1)}1`], "INVALID"],
    ["returns true", "RawWallet", [`0x${"0".repeat(63)}1`], "INVALID"],
    ["returns a bomb of one word (the control)", "BombWallet", [32, false], "VALID"],
    ["returns a bomb", "BombWallet", [262_144, false], "INVALID"],
    ["reverts with the magic word", "BombWallet", [32, true], "INVALID"],
    ["reverts with a bomb", "BombWallet", [262_144, true], "INVALID"],
    ["burns all gas", "BurningWallet", [], "INVALID"],
    ["needs 900 000 gas (the control)", "HungryWallet", [900_000], "VALID"],
    ["needs more than 1 000 000 gas", "HungryWallet", [1_000_000], "INVALID"],
    ["writes to its storage", "WritingWallet", [], "INVALID"],
  ];
  for (const [what, name, args, expected] of hostile)
    it(`attack 12: when it ${what}, it is ${expected}`, async () => {
      const { bob } = await loadFixture(wallets);
      expect(await verify(await deployed(name, args), sign(bob))).to.equal(expected);
    });
});

describe("verifySignature: an account that is not deployed (ERC-6492)", () => {
  const counterfactual = async () => {
    const base = await wallets();
    const account = await base.factory.addressOf(base.bob.address, SALT);
    const make = base.factory.interface.encodeFunctionData("make", [base.bob.address, SALT]);
    const made = await base.wallet.getAddress();
    /** As if the operator had listed whatever is called, for this code. */
    const verifyListed = async (who: string, factory: string, call: string, signature: string, code = made) =>
      verify(who, wrap(factory, call, signature), { factories: [await listing(factory, call, code)] });
    return {
      ...base,
      account,
      make,
      verifyListed,
      factoryAddress: await base.factory.getAddress(),
      hostileAddress: await base.hostileFactory.getAddress(),
    };
  };

  it("when no factory is listed, it is WALLET_NOT_DEPLOYED, and nothing is simulated", async () => {
    const { bob, account, make, factoryAddress } = await loadFixture(counterfactual);
    const heads = await headsNow();
    sent.length = 0;
    expect(await verify(account, wrap(factoryAddress, make, sign(bob)), { heads })).to.equal("WALLET_NOT_DEPLOYED");
    expect(sent).to.deep.equal(["eth_call"]); // whether the account has code
  });

  it("when the listed factory makes it and its owner signed, it is VALID, and nothing is deployed", async () => {
    const { bob, account, make, factoryAddress, verifyListed } = await loadFixture(counterfactual);
    expect(await verifyListed(account, factoryAddress, make, sign(bob))).to.equal("VALID");
    expect(await ethers.provider.getCode(account)).to.equal("0x");
  });

  it("when the signature is not wrapped, or mallory's, it is INVALID", async () => {
    const { bob, mallory, account, make, factoryAddress, verifyListed } = await loadFixture(counterfactual);
    expect(await verify(account, sign(bob))).to.equal("INVALID");
    expect(await verifyListed(account, factoryAddress, make, sign(mallory))).to.equal("INVALID");
    expect(await verifyListed(account, factoryAddress, make, "0x")).to.equal("INVALID");
  });

  it("when the factory makes another account, none, or fails, it is INVALID", async () => {
    const { bob, mallory, account, make, factory, hostileFactory, factoryAddress, hostileAddress, verifyListed } =
      await loadFixture(counterfactual);
    const call = factory.interface.encodeFunctionData.bind(factory.interface);
    const hostileCall = hostileFactory.interface.encodeFunctionData.bind(hostileFactory.interface);
    const tries: Readonly<Record<string, readonly [string, string]>> = {
      "mallory's account": [factoryAddress, call("make", [mallory.address, SALT])],
      "another salt": [factoryAddress, call("make", [bob.address, id("other")])],
      "a word only": [factoryAddress, call("pretend", [account])],
      "an account that says yes to everything": [hostileAddress, hostileCall("makeYes", [SALT])],
      "nothing: a call of nothing": [factoryAddress, "0x"],
      "nothing: no code": [mallory.address, make],
      "nothing: the account itself": [account, make],
      "nothing: the zero address": [ZeroAddress, make],
      "nothing: a precompile": [`0x${"0".repeat(39)}4`, make],
    };
    for (const [what, [address, data]] of Object.entries(tries))
      expect(await verifyListed(account, address, data, sign(bob)), what).to.equal("INVALID");
  });

  it("when the factory fails after it made the account, or needs more than 3 000 000 gas, it is INVALID; what it returns does not count", async () => {
    const { bob, hostileFactory, hostileAddress, verifyListed } = await loadFixture(counterfactual);
    const { bytecode } = await ethers.getContractFactory("OwnerWallet");
    const code = concat([bytecode, AbiCoder.defaultAbiCoder().encode(["address"], [bob.address])]);
    const account = ethers.getCreate2Address(hostileAddress, SALT, ethers.keccak256(code));
    const { interface: calls } = hostileFactory;
    const by = (call: string) => verifyListed(account, hostileAddress, call, sign(bob));
    expect(await by(calls.encodeFunctionData("makeAndRevert", [bob.address, SALT]))).to.equal("INVALID");
    expect(await by(calls.encodeFunctionData("makeAndBurn", [bob.address, SALT]))).to.equal("INVALID");
    expect(await by(calls.encodeFunctionData("makeAndBomb", [bob.address, SALT]))).to.equal("VALID");
    expect(await by(calls.encodeFunctionData("makeHungrily", [bob.address, SALT, 2_900_000])), "the control").to.equal("VALID");
    expect(await by(calls.encodeFunctionData("makeHungrily", [bob.address, SALT, 3_000_000]))).to.equal("INVALID");
  });

  it("when the wrapping is malformed or nested, it is INVALID", async () => {
    const { bob, account, make, factoryAddress, verifyListed } = await loadFixture(counterfactual);
    const suffix = `0x${"6492".repeat(16)}`;
    const good = wrap(factoryAddress, make, sign(bob));
    expect(await verifyListed(account, factoryAddress, make, good)).to.equal("INVALID");
    for (const bad of [
      suffix,
      concat([sign(bob), suffix]),
      good.slice(0, -2),
      concat([`0x${"ff".repeat(96)}`, suffix]),
      concat([good, "0x00"]),
    ])
      expect(await verify(account, bad), bad).to.equal("INVALID");
  });

  it("when the account is a precompile, it is INVALID, whatever the precompile returns", async () => {
    const { bob, make, factoryAddress, wallet } = await loadFixture(counterfactual);
    const factories = [await listing(factoryAddress, make, await wallet.getAddress())];
    for (let address = 1; address <= 10; address += 1) {
      const account = `0x${address.toString(16).padStart(40, "0")}`;
      for (const signature of [sign(bob), wrap(factoryAddress, make, sign(bob)), MAGIC_WORD])
        expect(await verify(account, signature, { factories }), account).to.equal("INVALID");
    }
  });

  it("when the account says yes to everything, it says so for its own address only", async () => {
    const { bob, account, hostileFactory, hostileAddress, wallet } = await loadFixture(counterfactual);
    const { bytecode } = await ethers.getContractFactory("FickleWallet");
    const own = ethers.getCreate2Address(hostileAddress, SALT, ethers.keccak256(bytecode));
    const call = hostileFactory.interface.encodeFunctionData("makeYes", [SALT]);
    const signature = wrap(hostileAddress, call, "0x00");
    const factories = [await listing(hostileAddress, call, await deployed("FickleWallet"))];
    expect(await verify(own, signature, { factories })).to.equal("VALID");
    expect(await verify(account, signature, { factories })).to.equal("INVALID");
    expect(await verify(bob.address, signature, { factories })).to.equal("INVALID");
    const another = [await listing(hostileAddress, call, await wallet.getAddress())];
    expect(await verify(own, signature, { factories: another }), "code that is not the listed").to.equal("INVALID");
  });

  it("when the factory changes another wallet's mind, that is forgotten: an account with code gets no simulation", async () => {
    const { bob, hostileFactory, hostileAddress } = await loadFixture(counterfactual);
    const fickle = await ethers.deployContract("FickleWallet");
    await fickle.set(false);
    await mine(3);
    const victim = await fickle.getAddress();
    const call = hostileFactory.interface.encodeFunctionData("set", [victim]);
    const factories = [await listing(hostileAddress, call, victim)];
    expect(await verify(victim, wrap(hostileAddress, call, sign(bob)), { factories })).to.equal("INVALID");
    expect(await fickle.mood()).to.equal(false);
    // The contract refuses it, too, without the caller's order of steps.
    const data = signatureQuestionCode({
      account: victim,
      digest,
      signature: sign(bob),
      factory: { address: hostileAddress, call, codeHash: factories[0]?.accountCodeHash ?? "" },
    });
    expect(await rpc.send("eth_call", [{ from: FROM, data, gas: "0x4c4b40" }, "latest"])).to.equal("0x00");
  });
});

describe("verifySignature: an account whose owner is for sale (D61)", () => {
  /** Bob's account, not deployed yet, belongs to who holds a piece; anybody can get the piece within one transaction, and mallory has it nowhere else. */
  const forSale = async () => {
    const mallory = new Wallet(id("mallory"));
    const piece = await ethers.deployContract("MintableERC721");
    const market = await ethers.deployContract("PieceMarket");
    await piece.mint(market, 7);
    const factory = await ethers.deployContract("BoundWalletFactory");
    const buyer = await ethers.deployContract("BuyingFactory", [market, mallory.address]);
    const account = await factory.addressOf(piece, 7);
    await piece.mint(mallory.address, 8);
    await factory.make(piece, 8);
    const made = await factory.addressOf(piece, 8);
    await mine(3);
    const [at, buyerAt, pieceAt] = [await factory.getAddress(), await buyer.getAddress(), await piece.getAddress()];
    const make = factory.interface.encodeFunctionData("make", [pieceAt, 7]);
    return { mallory, piece, market, factory, buyer, account, made, at, buyerAt, pieceAt, make };
  };

  it("mallory's factory buys the piece inside the simulation: WALLET_NOT_DEPLOYED, by default and beside a listed factory", async () => {
    const { mallory, buyer, account, made, at, buyerAt, pieceAt, make } = await loadFixture(forSale);
    const attack = buyer.interface.encodeFunctionData("buyAndMake", [at, pieceAt, 7]);
    const signature = wrap(buyerAt, attack, sign(mallory));
    expect(await verify(account, signature)).to.equal("WALLET_NOT_DEPLOYED");
    const factories = [await listing(at, make, made)];
    expect(await verify(account, signature, { factories })).to.equal("WALLET_NOT_DEPLOYED");
    expect(await verify(account, wrap(at, make, sign(mallory)), { factories }), "the account as it really is").to.equal("INVALID");
    const tricked = [await listing(buyerAt, attack, made)];
    expect(await verify(account, signature, { factories: tricked }), "the control: listed, it would work").to.equal("VALID");
  });

  it("the holder of the piece signs by the listed function of the listed factory: VALID", async () => {
    const { mallory, piece, factory, at, pieceAt, made } = await loadFixture(forSale);
    await piece.mint(mallory.address, 9);
    await mine(3);
    const make = factory.interface.encodeFunctionData("make", [pieceAt, 9]);
    const factories = [await listing(at, make, made)];
    expect(await verify(await factory.addressOf(piece, 9), wrap(at, make, sign(mallory)), { factories })).to.equal("VALID");
  });

  for (const [what, name] of [
    ["that calls back", "makeWithCallback"],
    ["whose initializer delegatecalls", "makeAndSetUp"],
  ] as const)
    it(`a function ${what} is another selector: not listed with the factory, and never to be listed, for the code hash does not save it`, async () => {
      const { mallory, factory, buyer, account, made, at, buyerAt, pieceAt, make } = await loadFixture(forSale);
      const call =
        name === "makeWithCallback"
          ? factory.interface.encodeFunctionData(name, [pieceAt, 7, buyerAt])
          : factory.interface.encodeFunctionData(name, [pieceAt, 7, buyerAt, buyer.interface.encodeFunctionData("buy", [pieceAt, 7])]);
      const signature = wrap(at, call, sign(mallory));
      const factories = [await listing(at, make, made)];
      expect(await verify(account, signature, { factories })).to.equal("WALLET_NOT_DEPLOYED");
      // BuyingFactory names its market in its own code, so it buys under delegatecall too.
      const careless = [...factories, await listing(at, call, made)];
      expect(await verify(account, signature, { factories: careless }), "why OPERATIONS says never to list it").to.equal("VALID");
    });
});

describe("verifySignature: gas", () => {
  it("when there is too little for what the calls are promised, the contract gives no verdict", async () => {
    const { bob } = await loadFixture(wallets);
    const hungry = await deployed("HungryWallet", [900_000]); // with less than that it would have to say no
    const data = signatureQuestionCode({ account: hungry, digest, signature: sign(bob) });
    const ask = async (gas: number) => {
      try {
        return await rpc.send("eth_call", [{ from: FROM, data, gas: `0x${gas.toString(16)}` }, "latest"]);
      } catch (error) {
        return error instanceof RpcError ? "no verdict" : error;
      }
    };
    expect(await ask(5_000_000)).to.equal("0x01");
    const outcomes = new Set<unknown>();
    for (let gas = 60_000; gas < 1_400_000; gas += 20_000) outcomes.add(await ask(gas));
    expect(outcomes).to.deep.equal(new Set(["no verdict", "0x01"]));
  });

  it("when signature and factory call are as long as can be, the gas is enough", async () => {
    const account = await deployed("BombWallet", [32, false]);
    expect(await verify(account, `0x${"ff".repeat(MAX_SIGNATURE_BYTES)}`)).to.equal("VALID");
    const hostile = await ethers.deployContract("HostileFactory");
    const { bytecode } = await ethers.getContractFactory("FickleWallet");
    const own = ethers.getCreate2Address(await hostile.getAddress(), SALT, ethers.keccak256(bytecode));
    const call = concat([hostile.interface.encodeFunctionData("makeYes", [SALT]), `0x${"ff".repeat(2300)}`]);
    const factories = [await listing(await hostile.getAddress(), call, await deployed("FickleWallet"))];
    expect(await verify(own, wrap(await hostile.getAddress(), call, `0x${"ff".repeat(2400)}`), { factories })).to.equal("VALID");
  });
});
