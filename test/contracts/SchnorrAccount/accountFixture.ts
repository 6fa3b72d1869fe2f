import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { TypedDataEncoder } from "ethers";
import { keyOf, type OracleKey, secretOf, signSchnorr } from "../../fixtures/signingOracle.ts";
import { type Call, EXECUTE_TYPES, SIGNED_TYPES, USER_OPERATION_TYPES } from "../../fixtures/statements.ts";
import { rollDice } from "../../random/dice.ts";

const dice = rollDice("contracts/SchnorrAccount/accountFixture");
export const nonce = (): bigint => BigInt(dice.hex(31)) + 1n;
export const NEVER = 2n ** 64n - 1n;
export const KEY = keyOf(secretOf("an account's key"));
export const SALT = `0x${"5a".repeat(32)}`;

/** What is signed for `execute`, beside the calls. */
export type Terms = { readonly nonce: bigint; readonly deadline: bigint; readonly gas: bigint };
export const TERMS: Terms = { nonce: 0n, deadline: NEVER, gas: 0n };

/** The domain of an account, as wallets take it. */
export const domainOf = async (ethers: HardhatEthers, verifyingContract: string) => {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: "Keyquorum account", version: "1", chainId, verifyingContract };
};
export type AccountDomain = Awaited<ReturnType<typeof domainOf>>;

export const signExecute = (domain: AccountDomain, calls: readonly Call[], terms: Terms, key: OracleKey = KEY): string =>
  signSchnorr(key, TypedDataEncoder.hash(domain, EXECUTE_TYPES, { calls, ...terms }), nonce());
export const signHash = (domain: AccountDomain, hash: string, key: OracleKey = KEY): string =>
  signSchnorr(key, TypedDataEncoder.hash(domain, SIGNED_TYPES, { hash }), nonce());
export const signOperation = (domain: AccountDomain, userOpHash: string, key: OracleKey = KEY): string =>
  signSchnorr(key, TypedDataEncoder.hash(domain, USER_OPERATION_TYPES, { userOpHash }), nonce());

/** An account of KEY, made by the factory and funded, its target, and a stranger who relays. */
export const deployAccount = async (ethers: HardhatEthers, entryPoint?: string) => {
  const [deployer, relayer] = await ethers.getSigners();
  if (deployer === undefined || relayer === undefined) throw new Error("no accounts");
  const at = entryPoint ?? (await (await ethers.deployContract("MockEntryPoint")).getAddress());
  const factory = await ethers.deployContract("SchnorrAccountFactory", [at]);
  const address = await factory.getFunction("addressOf").staticCall(KEY, SALT);
  await factory.make(KEY, SALT);
  const account = (await ethers.getContractAt("SchnorrAccount", address)).connect(relayer);
  await deployer.sendTransaction({ to: address, value: 10n ** 18n });
  const target = await ethers.deployContract("AccountTarget");
  const to = await target.getAddress();
  const record = (data: string, value = 0n): Call => ({ to, value, data: target.interface.encodeFunctionData("record", [data]) });
  return { deployer, relayer, factory, account, address, target, to, record, entryPoint: at, domain: await domainOf(ethers, address) };
};
