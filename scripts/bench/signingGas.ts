import { readFile } from "node:fs/promises";
import type { LocalChain } from "@keyquorum/cluster";
import { type BaseContract, ContractFactory, getAddress, id, TypedDataEncoder, ZeroHash } from "ethers";
import { domainTag } from "../../test/fixtures/preimages.ts";
import { derivedKeyOf, keyOf, postedSchnorr, secretOf, signEcdsa, signSchnorr } from "../../test/fixtures/signingOracle.ts";
import { EXECUTE_TYPES, encodeTransaction, encodeTypedData, statementOf } from "../../test/fixtures/statements.ts";
import { SchnorrAccount__factory } from "../../typechain-types/factories/contracts/SchnorrAccount__factory.ts";
import { SchnorrAccountFactory__factory } from "../../typechain-types/factories/contracts/SchnorrAccountFactory__factory.ts";
import { SigningRequests__factory } from "../../typechain-types/factories/contracts/SigningRequests__factory.ts";
import type { Figure } from "./figures.ts";

/** A plain transfer, and a call of 68 bytes: a token's transfer. */
const TRANSFER = {
  ...{ chainId: 11_155_111n, nonce: 7n, tip: 10n ** 9n, feeCap: 30n * 10n ** 9n, gasLimit: 21_000n },
  ...{ to: getAddress(`0x${"ab".repeat(20)}`), value: 10n ** 18n, data: "0x" },
};
const NONCE = secretOf("a nonce of the bench");
/** A date in 2096: as many bytes as deadlines have. */
const DEADLINE = 4_000_000_000n;

/** Gas of signing: the libraries alone, `post` of both kinds of signatures, and what an account executes. Keys are the bench's own, by a mock. */
export const signingGasFigures = async (chain: LocalChain): Promise<readonly Figure[]> => {
  const deployer = chain.account(0);
  const deploy = async (file: string, ...args: readonly unknown[]): Promise<BaseContract> => {
    const artifact = JSON.parse(await readFile(`artifacts/contracts/${file}.sol/${file.split("/").at(-1)}.json`, "utf8")) as {
      readonly abi: string;
      readonly bytecode: string;
    };
    const contract = await new ContractFactory(artifact.abi, artifact.bytecode, deployer).deploy(...args);
    return contract.waitForDeployment();
  };
  const gas = (name: string, value: bigint | number, target: number): Figure => ({ name, value: Number(value), unit: "gas", target });
  const gasOf = async (sent: Promise<{ wait: () => Promise<{ readonly gasUsed: bigint } | null> }>): Promise<bigint> =>
    (await (await sent).wait())?.gasUsed ?? 0n;

  const key = keyOf(secretOf("a key of the bench"));
  const harness = await deploy("mocks/SigningHarness");
  const digest = id("what is signed");
  const signatureCase = { tag: domainTag("schnorr-signature"), key, digest, signature: signSchnorr(key, digest, NONCE) };
  const [verify, verified] = (await harness.getFunction("signatureGas").staticCall(signatureCase)) as [bigint, boolean];
  if (!verified) throw new Error("the signature does not verify");
  const digestGas = async (data: string): Promise<bigint> => {
    const statement = statementOf("Transaction", encodeTransaction({ ...TRANSFER, data }));
    return ((await harness.getFunction("digestGas").staticCall(statement)) as [bigint, string])[0];
  };
  const [address] = (await harness.getFunction("addressGas").staticCall(id("key"), key, id("derivation"))) as [bigint, string];
  return [
    gas("verify a Schnorr signature", verify, 5_000),
    gas("digest of a type-2 transfer", await digestGas("0x"), 12_000),
    gas("digest of a type-2 call, 68 bytes", await digestGas(`0xa9059cbb${"11".repeat(64)}`), 12_000),
    gas("address of a derived key", address, 4_000),
    ...(await postFigures()),
    ...(await accountFigures()),
  ];

  async function postFigures(): Promise<readonly Figure[]> {
    const keyGeneration = await deploy("mocks/MockKeyGeneration");
    const signingRequests = SigningRequests__factory.connect(
      await (await deploy("SigningRequests", keyGeneration, 3_600n)).getAddress(),
      deployer,
    );
    const requester = await deployer.getAddress();
    const rules = await deploy("rules/OwnerRules", requester);
    const { chainId } = await chain.provider.getNetwork();
    const figures: Figure[] = [];
    for (const [name, purpose] of [
      ["Schnorr", 1],
      ["ECDSA", 2],
    ] as const) {
      const keyId = id(name);
      const publicKey = { x: key.x, y: key.y };
      const record = { purpose, activeEpoch: 1, requester, publicKey, publicKeyAddress: key.address, session: ZeroHash };
      await gasOf(keyGeneration.getFunction("setKey")(keyId, record));
      await gasOf(signingRequests.bindRules(keyId, rules));
      const derivation = id("derivation");
      const contract = await signingRequests.getAddress();
      const signer = derivedKeyOf(key, { chainId, contract, keyId, derivation });
      const struct = `0x${"22".repeat(96)}`;
      const statement = statementOf("TypedData", encodeTypedData(id("domain"), struct), keyId, derivation);
      const requestId = await signingRequests.request.staticCall(statement);
      figures.push(gas(`request a signature, ${name}, by OwnerRules`, await gasOf(signingRequests.request(statement)), 250_000));
      const what = await signingRequests.digestOf(statement);
      const signature = purpose === 1 ? postedSchnorr(signer, what, NONCE) : signEcdsa(signer, what);
      figures.push(gas(`post a signature, ${name}`, await gasOf(signingRequests.post(requestId, signature)), 60_000));
    }
    return figures;
  }

  async function accountFigures(): Promise<readonly Figure[]> {
    const entryPoint = await deploy("mocks/MockEntryPoint");
    const factory = SchnorrAccountFactory__factory.connect(
      await (await deploy("SchnorrAccountFactory", entryPoint)).getAddress(),
      deployer,
    );
    const at = await factory.getFunction("addressOf").staticCall(key, ZeroHash);
    const made = await gasOf(factory.make(key, ZeroHash));
    await gasOf(deployer.sendTransaction({ to: at, value: 10n ** 18n }));
    const account = SchnorrAccount__factory.connect(at, deployer);
    const { chainId } = await chain.provider.getNetwork();
    const domain = { name: "Keyquorum account", version: "1", chainId, verifyingContract: at };
    const execute = async (to: string): Promise<bigint> => {
      const calls = [{ to, value: 1n, data: "0x" }];
      const terms = { nonce: await account.nonce(), deadline: DEADLINE, gas: 100_000n };
      const signature = signSchnorr(key, TypedDataEncoder.hash(domain, EXECUTE_TYPES, { calls, ...terms }), NONCE);
      return gasOf(account.execute(calls, terms.nonce, terms.deadline, terms.gas, signature));
    };
    await execute(await deployer.getAddress()); // the nonce's first use writes a slot that was zero
    return [
      gas("make a SchnorrAccount", made, 1_600_000),
      gas("SchnorrAccount: execute, to a known account", await execute(await deployer.getAddress()), 45_000),
      gas("SchnorrAccount: execute, to a new account", await execute(keyOf(secretOf("an account that nobody has used")).address), 88_000),
    ];
  }
};
