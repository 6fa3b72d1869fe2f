// ERC-4337: with an entry point of our own making always, and with the real one (0.8) where `npm run test:interop` has fetched it.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { type Contract, ContractFactory, concat, toBeHex } from "ethers";
import { network } from "hardhat";
import { keyOf, secretOf, signSchnorr } from "../../fixtures/signingOracle.ts";
import type { Call } from "../../fixtures/statements.ts";
import { deployAccount, domainOf, KEY, NEVER, nonce, SALT, signExecute, signHash, signOperation } from "./accountFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

/** Where scripts/interop/entryPoint.ts puts it. */
const REAL = join(import.meta.dirname, "../../../.keyquorum/interop/entry-point/package/artifacts/EntryPoint.json");

const deployMock = async () => (await (await ethers.deployContract("MockEntryPoint")).getAddress()) as string;
const deployReal = async () => {
  const { abi, bytecode } = JSON.parse(await readFile(REAL, "utf8")) as { readonly abi: string; readonly bytecode: string };
  const [deployer] = await ethers.getSigners();
  const entryPoint = await new ContractFactory(abi, bytecode, deployer).deploy();
  return entryPoint.getAddress();
};
const withMock = async () => deployWith(await deployMock());
const withReal = async () => deployWith(await deployReal());

const OPERATION =
  "tuple(address sender,uint256 nonce,bytes initCode,bytes callData,bytes32 accountGasLimits,uint256 preVerificationGas,bytes32 gasFees,bytes paymasterAndData,bytes signature)";
/** What both have. */
const ABI = [
  `function handleOps(${OPERATION}[] ops, address beneficiary)`,
  `function getUserOpHash(${OPERATION} op) view returns (bytes32)`,
  "function getNonce(address sender, uint192 key) view returns (uint256)",
  "function depositTo(address account) payable",
  "event UserOperationEvent(bytes32 indexed userOpHash, address indexed sender, address indexed paymaster, uint256 nonce, bool success, uint256 actualGasCost, uint256 actualGasUsed)",
  "error FailedOp(uint256 opIndex, string reason)",
];

const deployWith = async (entryPoint: string) => {
  const base = await deployAccount(ethers, entryPoint);
  const point: Contract = new ethers.Contract(entryPoint, ABI, base.relayer);
  await point.getFunction("depositTo")(base.address, { value: 10n ** 17n });
  const operationOf = async (calls: readonly Call[], { sender = base.address, initCode = "0x" } = {}) => ({
    sender,
    nonce: (await point.getFunction("getNonce")(sender, 0n)) as bigint,
    initCode,
    callData: base.account.interface.encodeFunctionData("executeUserOperation", [[...calls]]),
    accountGasLimits: concat([toBeHex(3_000_000n, 16), toBeHex(500_000n, 16)]),
    preVerificationGas: 50_000n,
    gasFees: concat([toBeHex(1n, 16), toBeHex(10n ** 9n, 16)]),
    paymasterAndData: "0x",
    signature: "0x",
  });
  type Operation = Awaited<ReturnType<typeof operationOf>>;
  const hashOf = (operation: Operation): Promise<string> => point.getFunction("getUserOpHash")(operation) as Promise<string>;
  const signed = async (operation: Operation, domain = base.domain, key = KEY): Promise<Operation> => ({
    ...operation,
    signature: signOperation(domain, await hashOf(operation), key),
  });
  const handle = (...operations: Operation[]) =>
    point.getFunction("handleOps")(operations, base.deployer.address, { gasLimit: 8_000_000n });
  return { ...base, point, operationOf, hashOf, signed, handle };
};

const worlds = [
  ["an entry point of our own making", withMock],
  ...(existsSync(REAL) ? [["the real EntryPoint 0.8", withReal] as const] : []),
] as const;

for (const [name, deployed] of worlds)
  describe(`SchnorrAccount: ERC-4337 with ${name}`, () => {
    it("when the key signed the operation, its calls are made; the same operation again is refused", async () => {
      const { operationOf, signed, handle, point, record, target, address, hashOf } = await loadFixture(deployed);
      const operation = await signed(await operationOf([record("0x01", 3n), record("0x02")]));
      const hash = await hashOf(operation);
      const receipt = await (await handle(operation)).wait();
      const [event] = receipt.logs.flatMap((log: { topics: string[]; data: string }) => point.interface.parseLog(log) ?? []);
      expect([event.args.userOpHash, event.args.sender, event.args.success]).to.deep.equal([hash, address, true]);
      expect((await target.seen()).map((seen) => [...seen])).to.deep.equal([
        [address, 3n, "0x01"],
        [address, 0n, "0x02"],
      ]);
      await expect(handle(operation)).to.be.revertedWithCustomError(point, "FailedOp").withArgs(0n, "AA25 invalid account nonce");
    });

    it("when anything else was signed, it is refused, and nothing is made", async () => {
      const { operationOf, signed, handle, point, record, target, domain, hashOf } = await loadFixture(deployed);
      const plain = await operationOf([record("0x01")]);
      const hash = await hashOf(plain);
      const right = await signed(plain);
      const wrong = [
        { ...right, signature: "0x" },
        { ...right, callData: (await operationOf([record("0x02")])).callData },
        { ...right, preVerificationGas: 50_001n },
        await signed(plain, { ...domain, verifyingContract: toBeHex(7, 20) }),
        await signed(plain, { ...domain, chainId: 1n }),
        await signed(plain, domain, keyOf(secretOf("mallory"))),
        { ...plain, signature: signSchnorr(KEY, hash, nonce()) }, // the hash itself
        { ...plain, signature: signHash(domain, hash) },
        { ...plain, signature: signExecute(domain, [record("0x01")], { nonce: 0n, deadline: NEVER, gas: 0n }) },
      ];
      for (const operation of wrong)
        await expect(handle(operation)).to.be.revertedWithCustomError(point, "FailedOp").withArgs(0n, "AA24 signature error");
      expect(await target.seen()).to.have.length(0);
    });

    it("when a call reverts, all of the operation's calls are undone, and the operation is used up", async () => {
      const { operationOf, signed, handle, point, record, target, to } = await loadFixture(deployed);
      const fail = { to, value: 0n, data: target.interface.encodeFunctionData("fail", [42n]) };
      const operation = await signed(await operationOf([record("0x01"), fail]));
      const receipt = await (await handle(operation)).wait();
      const events = receipt.logs.flatMap((log: { topics: string[]; data: string }) => point.interface.parseLog(log) ?? []);
      const [event] = events.filter((one: { name: string }) => one.name === "UserOperationEvent");
      expect([event.args.success, (await target.seen()).length]).to.deep.equal([false, 0]);
      await expect(handle(operation)).to.be.revertedWithCustomError(point, "FailedOp");
    });

    it("when there is no account yet, the operation makes it, at the address that was known", async () => {
      const { operationOf, signed, handle, factory, record, target, deployer, point } = await loadFixture(deployed);
      const other = keyOf(secretOf("a key with no account"));
      const sender = await factory.getFunction("addressOf").staticCall(other, SALT);
      await deployer.sendTransaction({ to: sender, value: 10n ** 17n });
      await point.getFunction("depositTo")(sender, { value: 10n ** 17n });
      const initCode = concat([await factory.getAddress(), factory.interface.encodeFunctionData("make", [other, SALT])]);
      const operation = await signed(await operationOf([record("0x07")], { sender, initCode }), await domainOf(ethers, sender), other);
      await handle(operation);
      expect((await target.seen()).map(({ caller, data }) => [caller, data])).to.deep.equal([[sender, "0x07"]]);
    });

    it("nobody but the entry point validates or executes operations, the account itself included", async () => {
      const { account, address, domain, operationOf, signed, record, hashOf, relayer } = await loadFixture(deployed);
      const operation = await signed(await operationOf([record("0x01")]));
      for (const call of [
        () => account.executeUserOperation([record("0x01")]),
        async () => account.validateUserOp(operation, await hashOf(operation), 0n),
      ])
        await expect(call()).to.be.revertedWithCustomError(account, "AccountUnauthorized").withArgs(relayer.address);
      const itself = [{ to: address, value: 0n, data: operation.callData }];
      await expect(account.execute(itself, 0n, NEVER, 0n, signExecute(domain, itself, { nonce: 0n, deadline: NEVER, gas: 0n })))
        .to.be.revertedWithCustomError(account, "AccountUnauthorized")
        .withArgs(address);
    });
  });
