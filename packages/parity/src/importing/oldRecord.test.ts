import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createOldKey, oldRecordOf } from "../testing/oldNodes.ts";
import { isSeenWrong, OldRecordError, parseOldRecord, placeOf } from "./oldRecord.ts";
import { readOldRecordFile } from "./oldRecordFile.ts";

const key = createOldKey("record", { nodes: 3, threshold: 1 });
const one = (change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => oldRecordOf(key, 1, change);
const versionOf = (change: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const [version] = one().versions as readonly object[];
  return one({ versions: [{ ...version, ...change }] });
};
const sentenceOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return "nothing";
  } catch (error) {
    if (!(error instanceof OldRecordError)) throw error;
    return error.message;
  }
};

describe("an old node's record", () => {
  it("is read as Parity wrote it, with 0x or without", () => {
    const read = parseOldRecord(key.serverKeyId, one(), "f");
    expect([read.author, read.threshold, read.publicKey.equals(key.publicKey)]).to.deep.equal([key.author, 1, true]);
    expect(read.documentKey?.encryptedPoint.equals(key.documentKey?.encryptedPoint ?? key.publicKey)).to.equal(true);
    const [version] = read.versions;
    if (version === undefined) throw new Error("there is one");
    expect(version.share.reveal()).to.equal(key.nodes[1]?.share);
    expect(placeOf(version, key.nodes[1]?.id)).to.equal(key.nodes[1]?.place);
    expect([placeOf(version, undefined), placeOf(version, "ab".repeat(64))]).to.deep.equal([undefined, undefined]);
    const bare = JSON.parse(JSON.stringify(one()).replaceAll("0x", "")) as unknown;
    expect(parseOldRecord(key.serverKeyId, bare, "f").versions[0]?.places).to.deep.equal(version.places);
    const { common_point: _c, encrypted_point: _e, ...without } = one();
    expect(parseOldRecord(key.serverKeyId, without, "f").documentKey).to.equal(undefined);
  });

  it("of t = 0 shows by itself whether its share is the key's", () => {
    const zero = createOldKey("zero", { nodes: 1, threshold: 0 });
    const isWrong = (record: Record<string, unknown>): boolean => {
      const read = parseOldRecord(zero.serverKeyId, record, "f");
      const [version] = read.versions;
      return version !== undefined && isSeenWrong(read, version);
    };
    const [version] = oldRecordOf(zero, 0).versions as readonly object[];
    const wrong = { ...oldRecordOf(zero, 0), versions: [{ ...version, secret_share: `0x${"11".repeat(32)}` }] };
    expect([isWrong(oldRecordOf(zero, 0)), isWrong(wrong)]).to.deep.equal([false, true]);
  });

  it("that is otherwise is refused in one sentence, which repeats no value", async () => {
    const secret = "5ec".padEnd(64, "e");
    const numbers = Object.fromEntries(key.nodes.map(({ id }, i) => [`0x${id}`, `0x${(i + 1).toString(16).padStart(64, "0")}`]));
    const [first = "", second = ""] = Object.keys(numbers);
    for (const [record, what] of [
      [null, /no object/],
      [[], /no object/],
      [one({ threshold: -1 }), /threshold/],
      [one({ threshold: 1.5 }), /threshold/],
      [one({ threshold: "1" }), /threshold/],
      [one({ threshold: 256 }), /threshold/],
      [one({ threshold: 3 }), /its threshold needs more/],
      [one({ author: "0x12" }), /author/],
      [one({ public: `0x${"00".repeat(64)}` }), /public is no point/],
      [one({ public: `0x${"11".repeat(64)}` }), /public is no point/],
      [one({ public: "0x" }), /public/],
      [one({ common_point: null }), /one of common_point and encrypted_point/],
      [one({ encrypted_point: `0x${"22".repeat(64)}` }), /encrypted_point is no point/],
      [one({ secret }), /does not write/],
      [one({ versions: [] }), /no versions/],
      [one({ versions: secret }), /no versions/],
      [versionOf({ secret_share: `0x${"00".repeat(32)}` }), /share of version 1 is not in 1\.\.n-1/],
      [versionOf({ secret_share: `0x${"ff".repeat(32)}` }), /share of version 1 is not in 1\.\.n-1/],
      [versionOf({ secret_share: `${secret}00` }), /share of version 1 is not 64 digits/],
      [versionOf({ secret_share: 5 }), /share of version 1/],
      [versionOf({ hash: "x" }), /hash of version 1/],
      [versionOf({ id_numbers: { ...numbers, [first]: `0x${"00".repeat(32)}` } }), /id number of version 1 is not in/],
      [versionOf({ id_numbers: { ...numbers, [first]: numbers[second] } }), /one id number/],
      [versionOf({ id_numbers: { ...numbers, [first.slice(2)]: `0x${"09".repeat(32)}` } }), /two nodes/],
      [versionOf({ id_numbers: { ab: numbers[first] } }), /a node of version 1/],
      [versionOf({ more: secret }), /does not write/],
    ] as const) {
      const sentence = await sentenceOf(() => parseOldRecord(key.serverKeyId, record, "node-a.json, record 7"));
      expect(sentence)
        .to.match(what)
        .and.match(/^node-a\.json, record 7: .*\.$/);
      expect(sentence.includes(secret), sentence).to.equal(false);
    }
  });
});

describe("an old node's file", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-old-"));
    file = join(folder, "node.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const put = (text: string): Promise<void> => writeFile(file, text, { mode: 0o600 });
  const hex = (text: string): string => `0x${Buffer.from(text).toString("hex").toUpperCase()}`;

  it("is JSON by id, or what ldb scan --hex prints", async () => {
    await put(JSON.stringify({ [key.serverKeyId.slice(2).toUpperCase()]: one() }));
    expect((await readOldRecordFile(file)).map(({ serverKeyId }) => serverKeyId)).to.deep.equal([key.serverKeyId]);
    for (const arrow of [":", "==>"]) {
      await put(`${hex("version")} ${arrow} 0x04\n\n${key.serverKeyId} ${arrow} ${hex(JSON.stringify(one()))}\r\n`);
      const [read] = await readOldRecordFile(file);
      expect(read?.versions[0]?.share.reveal()).to.equal(key.nodes[1]?.share);
    }
  });

  it("that is otherwise is refused in one sentence with its name", async () => {
    const text = JSON.stringify({ [key.serverKeyId]: one() });
    for (const [content, what] of [
      ["{", /no JSON/],
      ["", /^nothing$/],
      ["[1]", /no line of/],
      [JSON.stringify({ "0x12": one() }), /record 0x12: its name/],
      [`{"${key.serverKeyId}":${JSON.stringify(one())},"${key.serverKeyId.slice(2)}":${JSON.stringify(one())}}`, /two records/],
      [`${key.serverKeyId} : 0xzz`, /line 1: it is no line/],
      [`${key.serverKeyId} : ${hex("{")}`, /line 1: its value is no JSON/],
    ] as const) {
      await put(content);
      const sentence = await sentenceOf(() => readOldRecordFile(file));
      expect(sentence, content.slice(0, 20)).to.match(what);
      if (sentence !== "nothing") expect(sentence.startsWith(file)).to.equal(true);
    }
    await put(text);
    await chmod(file, 0o640);
    expect(await sentenceOf(() => readOldRecordFile(file))).to.match(/others on this machine may read it/);
    expect(await sentenceOf(() => readOldRecordFile(join(folder, "none")))).to.match(/cannot be read/);
  });
});
