import { backend } from "@keyquorum/threshold";
import { accountOf, bytesToHex, hexToBytes, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { encodePoint64 } from "../formats/point64.ts";
import { type AbiValue, encodeCall, readAbi } from "./abi.ts";
import { encodeServiceProof, parseServiceProof } from "./serviceProof.ts";
import { parseRequestLog, REQUEST_TOPICS, requestName } from "./serviceRequest.ts";

const CONTRACT = parseAddress(`0x${"5e".repeat(20)}`);
const ID = new Uint8Array(32).fill(0xd0);
const AUTHOR = parseAddress(`0x${"a1".repeat(20)}`);
const [GENERATION, RETRIEVAL, STORING, COMMON, PERSONAL] = REQUEST_TOPICS as [string, string, string, string, string];
const point = (number: bigint): Uint8Array => encodePoint64(backend.mulG(number));

const parse = (topic: string, ...values: readonly AbiValue[]) =>
  parseRequestLog({ address: CONTRACT, topics: [topic], data: encodeCall("", ...values), blockNumber: 7, logIndex: 2 });

describe("a log of a service contract", () => {
  it("is read as what it asks", () => {
    const about = { contract: CONTRACT, serverKeyId: bytesToHex(ID), blockNumber: 7, logIndex: 2 };
    const author = hexToBytes(AUTHOR, 20);
    expect(parse(GENERATION, ID, author, 255)).to.deep.equal({ ...about, kind: "generation", author: AUTHOR, threshold: 255 });
    expect(parse(RETRIEVAL, ID)).to.deep.equal({ ...about, kind: "retrieval" });
    const [commonPoint, encryptedPoint] = [bytesToHex(point(2n)), bytesToHex(point(3n))];
    const stored = { ...about, kind: "storing", author: AUTHOR, commonPoint, encryptedPoint };
    expect(parse(STORING, ID, author, { bytes: point(2n) }, { bytes: point(3n) })).to.deep.equal(stored);
    expect(parse(COMMON, ID, author)).to.deep.equal({ ...about, kind: "common", requester: AUTHOR });
    const requesterPublic = bytesToHex(point(5n));
    const personal = { ...about, kind: "personal", requester: accountOf(backend.mulG(5n)), requesterPublic };
    expect(parse(PERSONAL, ID, { bytes: point(5n) })).to.deep.equal(personal);
  });

  it("is nothing where it has another topic, is too short, or holds what is no address, byte, point or place", () => {
    const author = hexToBytes(AUTHOR, 20);
    const wide = new Uint8Array(32).fill(1);
    for (const [what, log] of [
      ["topic", parse(`0x${"11".repeat(32)}`, ID)],
      ["short", parse(GENERATION, ID, author)],
      ["threshold", parse(GENERATION, ID, author, 256)],
      ["address", parse(GENERATION, ID, wide, 1)],
      ["length", parse(STORING, ID, author, { bytes: point(2n).slice(1) }, { bytes: point(3n) })],
      ["place", parse(STORING, ID, author, 2n ** 255n, 2n ** 200n)],
      ["no point", parse(PERSONAL, ID, { bytes: new Uint8Array(64).fill(1) })],
      ["no data", parseRequestLog({ address: CONTRACT, topics: [RETRIEVAL], data: "0x", blockNumber: 1, logIndex: 0 })],
      ["no hex", parseRequestLog({ address: CONTRACT, topics: [RETRIEVAL], data: "0xzz", blockNumber: 1, logIndex: 0 })],
      ["no topic", parseRequestLog({ address: CONTRACT, topics: [], data: "0x", blockNumber: 1, logIndex: 0 })],
    ] as const)
      expect(log, what).to.equal(undefined);
  });

  it("has a name by contract, kind, id and requester", () => {
    const asked = { contract: CONTRACT, kind: "common", serverKeyId: bytesToHex(ID), requester: AUTHOR } as Parameters<
      typeof requestName
    >[0];
    const others = [
      { contract: parseAddress(`0x${"5f".repeat(20)}`) },
      { kind: "personal" as const },
      { serverKeyId: asked.serverKeyId.replace("d0", "d1") as typeof asked.serverKeyId },
      { requester: undefined },
    ];
    const names = [asked, ...others.map((changed) => ({ ...asked, ...changed }))].map(requestName);
    expect(new Set(names).size).to.equal(5);
    for (const name of names) expect(name).to.match(/^[a-z]+-[0-9a-f]{64}$/);
  });

  it("is shown to members by a proof that names the contract, and is of no other length", () => {
    const proof = encodeServiceProof(CONTRACT);
    expect(parseServiceProof(proof)).to.equal(CONTRACT);
    for (const other of [proof.slice(1), Uint8Array.of(...proof, 0), Uint8Array.from(proof, (byte, i) => (i === 0 ? byte ^ 1 : byte))])
      expect(parseServiceProof(other)).to.equal(undefined);
  });

  it("is answered in calls as a contract's ABI reads them", () => {
    const data = encodeCall("b9b36c42", ID, { bytes: new Uint8Array(33).fill(7) }, 5);
    expect(data.length).to.equal(10 + 2 * 32 * 6);
    const read = readAbi(`0x${data.slice(10)}`);
    expect([bytesToHex(read.word(0)), read.integer(2, 6n), bytesToHex(read.bytes(1, 33))]).to.deep.equal([
      bytesToHex(ID),
      5n,
      `0x${"07".repeat(33)}`,
    ]);
    expect(() => read.integer(2, 5n)).to.throw(RangeError);
    expect(() => read.bytes(1, 32)).to.throw(RangeError);
  });
});
