import { signatureQuestionCode } from "@keyquorum/bindings/simulatedSignature";
import { bytesToHex, hexToBytes, parseAddress, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { AbiCoder, concat, id, Wallet } from "ethers";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import { readHeads } from "./heads.ts";
import { quorumRpc } from "./quorum/quorumRpc.ts";
import type { Rpc } from "./rpc.ts";
import { verifySignature } from "./signatures.ts";
import { type CallHandler, ModelChain } from "./testing/modelChain.ts";

const FROM = `0x${"5a".repeat(20)}`;
const bob = new Wallet(id("bob"));
const wallet = parseAddress(`0x${"77".repeat(20)}`);
const digest = parseHash32(id("a share request"));
const bySignature = hexToBytes(bob.signingKey.sign(digest).serialized);
const [NO, YES, NO_CODE] = ["0x00", "0x01", "0x02"];
const factory = { address: `0x${"fa".repeat(20)}`, call: "0x12345678aa", codeHash: id("code") };
const listed = { address: parseAddress(factory.address), selector: "0x12345678", accountCodeHash: parseHash32(factory.codeHash) };
const wrapped = hexToBytes(
  concat([
    AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], [factory.address, factory.call, bySignature]),
    `0x${"6492".repeat(16)}`,
  ]),
);

/** Twenty blocks; F is ten below H. */
const world = (onCall: CallHandler) => {
  const chain = new ModelChain();
  chain.mine(20);
  chain.onCall = onCall;
  const verify = async ({ account = wallet, signature = bySignature, rpc = chain.rpc(), factories = [listed] } = {}): Promise<string> =>
    verifySignature(
      { rpc, from: FROM, factories },
      { account, digest, signature },
      await readHeads(chain.rpc(), { kind: "confirmations", blocks: 10 }),
    );
  return { chain, verify };
};
const reasonOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(String, (error: unknown) => (error instanceof ChainUnavailableError ? error.reason : `foreign error ${String(error)}`));

describe("verifySignature", () => {
  const table: readonly (readonly [string, string, string, string])[] = [
    ["yes at both", YES, YES, "VALID"],
    ["no at the head", YES, NO, "INVALID"],
    ["no code at the head any more", YES, NO_CODE, "INVALID"],
    ["yes since the final block", NO, YES, "SIGNATURE_NOT_FINAL"],
    ["code since the final block", NO_CODE, YES, "SIGNATURE_NOT_FINAL"],
    ["no at both", NO, NO, "INVALID"],
  ];
  for (const [what, atF, atH, expected] of table)
    it(`${what}: ${expected}`, async () => {
      expect(await world((_, { number }) => (number <= 10 ? atF : atH) ?? "").verify()).to.equal(expected);
    });

  it("asks by creation code, from the fixed address, by block hash, with 5 000 000 gas", async () => {
    const { chain, verify } = world(() => YES);
    const { head, final } = await readHeads(chain.rpc(), { kind: "confirmations", blocks: 10 });
    await verify();
    const data = signatureQuestionCode({ account: wallet, digest, signature: bytesToHex(bySignature) });
    const call = { data, from: FROM, gas: "0x4c4b40" };
    expect(chain.sent.filter(({ method }) => method === "eth_call").map(({ params }) => params)).to.deep.equal([
      [call, { blockHash: head.hash, requireCanonical: true }],
      [call, { blockHash: final.hash, requireCanonical: true }],
    ]);
  });

  it("unwraps ERC-6492 only where there is no code, and asks at the head only", async () => {
    const plain = signatureQuestionCode({ account: wallet, digest, signature: bytesToHex(wrapped) });
    const unwrapped = signatureQuestionCode({ account: wallet, digest, signature: bytesToHex(bySignature), factory });
    const { chain, verify } = world(({ data }) => (data === unwrapped ? YES : NO_CODE));
    expect(await verify({ signature: wrapped })).to.equal("VALID");
    const { head } = await readHeads(chain.rpc(), { kind: "confirmations", blocks: 10 });
    const asked = chain.sent
      .filter(({ method }) => method === "eth_call")
      .map(({ params }) => params as readonly [{ data: string }, object]);
    expect(asked.map(([{ data }]) => data)).to.deep.equal([plain, unwrapped]);
    expect(asked.map(([, block]) => block)).to.deep.equal(Array(2).fill({ blockHash: head.hash, requireCanonical: true }));
    expect(await world(({ data }) => (data === unwrapped ? YES : NO)).verify({ signature: wrapped })).to.equal("INVALID");
  });

  it("unwraps ERC-6492 only for a function of a factory that is listed (D61)", async () => {
    const others = [[], [{ ...listed, address: wallet }], [{ ...listed, selector: "0x12345679" }], [{ ...listed, selector: "0x1234" }]];
    for (const factories of others) {
      const { chain, verify } = world(() => NO_CODE);
      expect(await verify({ signature: wrapped, factories })).to.equal("WALLET_NOT_DEPLOYED");
      expect(chain.sent.filter(({ method }) => method === "eth_call")).to.have.length(1);
    }
    expect(await world(() => NO_CODE).verify({ signature: wrapped }), "what it should make is not there").to.equal("INVALID");
    expect(await world(() => NO_CODE).verify({ factories: [] }), "not wrapped").to.equal("INVALID");
  });

  it("asks the account about an empty signature as about any other: it may have approved the digest on chain", async () => {
    const signature = new Uint8Array(0);
    expect(await world(() => YES).verify({ signature })).to.equal("VALID");
    expect(await world(() => NO).verify({ signature })).to.equal("INVALID");
    expect(await world(() => NO_CODE).verify({ signature }), "a key's account approves nothing").to.equal("INVALID");
    expect(await world((_, { number }) => (number <= 10 ? NO : YES)).verify({ signature })).to.equal("SIGNATURE_NOT_FINAL");
  });

  it("asks nothing where the signature recovers to the account", async () => {
    const { chain, verify } = world(() => NO);
    expect(await verify({ account: parseAddress(bob.address) })).to.equal("VALID");
    expect(chain.sent.filter(({ method }) => method === "eth_call")).to.deep.equal([]);
  });

  const fail = (code: number, data?: string): never => {
    throw new RpcError("eth_call", code, "text", data);
  };
  const outcomes: readonly (readonly [string, () => string])[] = [
    ["nothing", () => "0x"],
    ["another byte", () => "0x03"],
    ["two bytes", () => "0x0101"],
    ["a word", () => `0x${"0".repeat(63)}1`],
    ["a revert", () => fail(3, "0x")],
    ["a revert with the byte for yes", () => fail(3, YES)],
    ["a refusal", () => fail(-32000)],
  ];
  for (const [what, outcome] of outcomes)
    it(`attack 12: when the node returns ${what}, it is unavailable, neither VALID nor INVALID`, async () => {
      const { verify } = world((call) => (call.data === "0x" ? "0x" : outcome()));
      expect(await reasonOf(verify())).to.equal("SIMULATION_FAILED");
    });

  it("attack 10: without a majority it is unavailable", async () => {
    const { chain, verify } = world(() => NO);
    const liar: Rpc = { send: async (method, params) => (method === "eth_call" ? YES : chain.rpc().send(method, params)) };
    expect(await reasonOf(verify({ rpc: quorumRpc([liar, chain.rpc()], { graceMs: 0 }) }))).to.equal("DISAGREEMENT");
    expect(await verify({ rpc: quorumRpc([liar, chain.rpc(), chain.rpc()], { graceMs: 0 }) })).to.equal("INVALID");
  });

  it("when the head is no longer canonical, it is unavailable", async () => {
    const { chain } = world(() => YES);
    const heads = await readHeads(chain.rpc(), { kind: "confirmations", blocks: 10 });
    chain.cut(3);
    const claim = { account: wallet, digest, signature: bySignature };
    expect(await reasonOf(verifySignature({ rpc: chain.rpc(), from: FROM }, claim, heads))).to.equal("RPC_ERROR");
  });
});
