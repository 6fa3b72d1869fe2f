import { type ErrorCode, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { makeError } from "ethers";
import { walletFailure } from "./walletFailure.ts";

/** As wallets report it by EIP-1193. */
const rpc = (code: number, message: string, more: object = {}): Error => Object.assign(new Error(message), { code, ...more });
/** As ethers' BrowserProvider passes it on where it does not know it. */
const coalesced = (error: object): Error =>
  makeError("could not coalesce error", "UNKNOWN_ERROR", {
    error,
    payload: { method: "eth_signTypedData_v4", params: ["chainId mismatch, locked, user rejected"], id: 1, jsonrpc: "2.0" },
  });

const loop: Record<string, unknown> = { message: "round" };
loop.cause = loop;
loop.error = { info: loop };
const hostile = new Proxy(new Error("x"), {
  get: () => {
    throw new Error("no looking");
  },
});

const cases: readonly (readonly [string, unknown, ErrorCode])[] = [
  ["MetaMask, declined", rpc(4001, "MetaMask Tx Signature: User denied message signature."), "ACTION_REJECTED"],
  ["ethers' own word for it", makeError("rejected", "ACTION_REJECTED", { action: "signTypedData", reason: "rejected" }), "ACTION_REJECTED"],
  ["4001 inside of ethers' UNKNOWN_ERROR", coalesced({ code: 4001, message: "no" }), "ACTION_REJECTED"],
  ["WalletConnect, declined", rpc(5000, "User rejected."), "ACTION_REJECTED"],
  ["no code, words only", new Error("User rejected the request."), "ACTION_REJECTED"],
  ["-32603 around it", rpc(-32603, "Internal error", { data: { originalError: { code: 4001, message: "nope" } } }), "ACTION_REJECTED"],
  [
    "Ledger, declined",
    Object.assign(new Error("Ledger device: Condition of use not satisfied (denied by the user?) (0x6985)"), { statusCode: 0x6985 }),
    "ACTION_REJECTED",
  ],
  ["MetaMask, another chain", rpc(-32603, 'Provided chainId "31337" must match the active chainId "1"'), "WRONG_CHAIN"],
  ["Rabby, another chain", coalesced({ code: -32602, message: "chainId should be same as current chainId: mismatch" }), "WRONG_CHAIN"],
  ["a chain that the wallet has not", rpc(4902, "Unrecognized chain ID."), "WRONG_CHAIN"],
  [
    "Ledger without blind signing",
    Object.assign(new Error("Ledger device: Invalid data received (0x6a80)"), { statusCode: 0x6a80 }),
    "WALLET_UNSUPPORTED",
  ],
  ["Ledger's words for it", new Error("Please enable Blind signing or Contract data in the Ethereum app Settings"), "WALLET_UNSUPPORTED"],
  ["no v4", rpc(-32601, "the method eth_signTypedData_v4 does not exist/is not available"), "WALLET_UNSUPPORTED"],
  ["no v4, by EIP-1193", rpc(4200, "Unsupported method"), "WALLET_UNSUPPORTED"],
  ["no v4, ethers", makeError("unsupported", "UNSUPPORTED_OPERATION", { operation: "signTypedData" }), "WALLET_UNSUPPORTED"],
  ["not authorised", rpc(4100, "The requested account and/or method has not been authorized by the user."), "WALLET_UNAUTHORIZED"],
  ["no account", makeError("no such account", "INVALID_ARGUMENT", { argument: "account", value: 0 }), "WALLET_UNAUTHORIZED"],
  ["disconnected from all chains", rpc(4900, "The provider is disconnected from all chains."), "WALLET_DISCONNECTED"],
  ["disconnected from this chain", rpc(4901, "x"), "WALLET_DISCONNECTED"],
  ["locked, geth", rpc(-32000, "authentication needed: password or unlock"), "WALLET_LOCKED"],
  ["locked, Ledger", Object.assign(new Error("Ledger device: Locked device (0x5515)"), { statusCode: 0x5515 }), "WALLET_LOCKED"],
  ["busy", rpc(-32002, "Request of type 'wallet_requestPermissions' already pending"), "WALLET_FAILED"],
  ["nothing known", coalesced({ code: -32603, message: "Internal JSON-RPC error." }), "WALLET_FAILED"],
  ["a loop", loop, "WALLET_FAILED"],
  ["getters that throw", hostile, "WALLET_FAILED"],
  ["a megabyte", new Error("x".repeat(1_000_000)), "WALLET_FAILED"],
  ["undefined", undefined, "WALLET_FAILED"],
  ["a text", "User rejected", "ACTION_REJECTED"],
];

describe("Why a wallet did not sign", () => {
  for (const [what, error, code] of cases)
    it(`${what}: ${code}`, () => {
      const failure = walletFailure("Signing the request", error);
      expect(failure.code).to.equal(code);
      expect(failure.cause === undefined, "the cause is told").to.equal(error === undefined);
      expect(failure.message, "no advice that does not fit").not.to.contain("Create the client");
      expect(failure.message.length, "a wallet's own words are not passed on").to.be.below(400);
    });

  it("is told with advice that fits", () => {
    const adviceOf = (error: unknown): string => walletFailure("Signing the request", error).message;
    expect(adviceOf(rpc(4001, ""))).to.contain("approve it in the wallet");
    expect(adviceOf(Object.assign(new Error(), { statusCode: 0x6a80 }))).to.contain("blind signing in the settings");
    expect(adviceOf(rpc(-32601, ""))).to.contain("Use another wallet");
    expect(adviceOf(rpc(4902, ""))).to.contain("Switch the wallet");
    expect(adviceOf(rpc(-32002, ""))).to.contain("close the open prompt");
    expect(adviceOf(rpc(4100, ""))).to.contain("connect the account");
  });

  it("keeps what is an error of ours already", () => {
    const ours = new KeyquorumError("WRONG_CHAIN");
    expect(walletFailure("Signing", ours)).to.equal(ours);
  });
});
