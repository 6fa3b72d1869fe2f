import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { runInNewContext } from "node:vm";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { errorOf } from "../fakes/errorOf.ts";
import type { DocumentContent } from "../types.ts";
import { readAll } from "./bytes.ts";
import { parseContent } from "./content.ts";

const read = async (content: unknown): Promise<Uint8Array> =>
  readAll(parseContent(content as DocumentContent).bytes, 2 ** 20, () => new Error("too long"));
const codeOf = async (content: unknown): Promise<string> => (await errorOf(read(content))).code;
async function* inPieces(...pieces: readonly unknown[]): AsyncGenerator<unknown> {
  yield* pieces;
}

describe("Content", () => {
  describe("that is text", () => {
    it("comes back byte for byte, a byte order mark and joiners included", async () => {
      for (const text of ["", "\ufeffbom", "nul\0", "\u{1f468}\u200d\u{1f469}", "a\u0301 \u00e1"])
        expect(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await read(text))).to.equal(text);
    });

    it("is refused with half a character in it", async () => {
      for (const text of ["\ud800", "\udfff", "a\ud83db", "\udc00\ud800", `${"x".repeat(10_000)}\ud800`])
        expect(await codeOf(text), JSON.stringify(text.slice(-3))).to.equal("INVALID_VALUE");
    });
  });

  describe("that is JSON", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const nested = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = [value];
      return value;
    };
    const refused: Readonly<Record<string, unknown>> = {
      "a bigint": { wei: 1n },
      "a cycle": circle,
      "100 000 levels": nested(100_000),
      "a toJSON that throws": { toJSON: () => (undefined as unknown as string).length },
      "a getter that throws": {
        get x() {
          throw new Error("no");
        },
      },
      "a proxy that throws": new Proxy(
        {},
        {
          ownKeys: () => {
            throw "not even an Error"; // oxlint-disable-line typescript/only-throw-error
          },
        },
      ),
      undefined: undefined,
      "a function": () => 1,
      "a function in an object": { f: () => 1 },
      "a symbol in an object": { s: Symbol("s") },
      "not a number": { x: Number.NaN },
      infinity: [Number.NEGATIVE_INFINITY],
      "undefined in a list": [undefined],
      "a hole in a list": new Array(2),
      "a Map": { m: new Map([[1, 2]]) },
      "a Set": new Set([1]),
      "a pattern": { r: /x/ },
      "an error": new Error("x"),
      bytes: { b: Uint8Array.of(1) },
      memory: new ArrayBuffer(3),
      "a promise": Promise.resolve(1),
      "a symbol for a name": { [Symbol("s")]: 1 },
      "a name in a list": Object.assign([1], { total: 1 }),
    };
    for (const [what, json] of Object.entries(refused))
      it(`is refused with ${what} in it`, async () => {
        expect(await codeOf({ json })).to.equal("INVALID_VALUE");
      });

    it("comes back as it was, half characters and odd keys included", async () => {
      const value = JSON.parse('{"a":"\\ud800","__proto__":{"b":[1,null,-0.5,1e300,true]},"":"","z":[-0,0,"-0"]}') as unknown;
      expect(JSON.parse(new TextDecoder().decode(await read({ json: value })))).to.deep.equal(value);
      expect(new TextDecoder().decode(await read({ json: { left: undefined, at: new Date(0) } }))).to.equal(
        '{"at":"1970-01-01T00:00:00.000Z"}',
      );
      expect(new TextDecoder().decode(await read({ json: nested(1_000) }))).to.have.length(2_001);
    });
  });

  describe("that is bytes", () => {
    const raw = [2, 1, 2, 0] as const;
    it("comes back as it was when it was given, whatever realm or memory it is of", async () => {
      const shared = new Uint8Array(new SharedArrayBuffer(4));
      shared.set(raw);
      const foreign = runInNewContext("Uint8Array.of(2, 1, 2, 0)") as Uint8Array;
      const resizable = new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 } as object));
      resizable.set(raw);
      for (const bytes of [Uint8Array.from(raw), Buffer.from(raw), shared, foreign, resizable, Uint8Array.of(9, 2, 1, 2, 0).subarray(1)]) {
        const [parsed, pieces] = [parseContent(bytes), await read({ file: inPieces(bytes, bytes.subarray(0, 0), bytes) })];
        expect([...pieces]).to.deep.equal([...raw, ...raw]);
        bytes.fill(7);
        expect([...(await readAll(parsed.bytes, 9, () => new Error("too long")))]).to.deep.equal([...raw]);
      }
    });

    const detached = (): Uint8Array => {
      const bytes = Uint8Array.of(1, 2, 3);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return bytes;
    };
    const cutOff = (): Uint8Array => {
      const memory = new ArrayBuffer(8, { maxByteLength: 8 } as object) as ArrayBuffer & { resize(length: number): void };
      const bytes = new Uint8Array(memory, 4, 4);
      memory.resize(2);
      return bytes;
    };
    const refused: Readonly<Record<string, () => unknown>> = {
      "16-bit numbers": () => new Uint16Array([0x0102, 2]),
      "64-bit floats": () => new Float64Array([1.5]),
      "signed bytes": () => new Int8Array([-1]),
      "clamped bytes": () => new Uint8ClampedArray([1]),
      "64-bit integers": () => new BigUint64Array([1n]),
      "a DataView": () => new DataView(new ArrayBuffer(2)),
      "an ArrayBuffer": () => new ArrayBuffer(2),
      "a SharedArrayBuffer": () => new SharedArrayBuffer(2),
      "detached bytes": detached,
      "bytes that were cut off": cutOff,
      "a list of numbers": () => [1, 2, 3],
      "what says that it is bytes": () => Object.create(Uint8Array.prototype),
      "a proxy of bytes": () => new Proxy(Uint8Array.of(1), {}),
      "a String object": () => new String("x"),
      "a number": () => 7,
      null: () => null,
      undefined: () => undefined,
    };
    for (const [what, make] of Object.entries(refused)) {
      it(`is refused as ${what}, and as a piece of a stream`, async () => {
        expect(await codeOf(make()), "whole").to.equal("INVALID_VALUE");
        expect(await codeOf({ file: make() }), "as file").to.equal("INVALID_VALUE");
        expect(await codeOf({ file: inPieces(Uint8Array.of(1), make()) }), "as a piece").to.equal("INVALID_VALUE");
        expect(await codeOf(inPieces(make())), "as the first piece").to.equal("INVALID_VALUE");
      });
    }
  });

  describe("that is a stream", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "keyquorum-content-"));
      await writeFile(join(folder, "file"), "the third oak");
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));
    const closed = (stream: Readable): Promise<void> =>
      new Promise((resolve) => (stream.closed ? resolve() : stream.once("close", () => resolve())));

    it("comes back, of Node and of the web, with a name and without", async () => {
      const path = join(folder, "file");
      const contents = [
        createReadStream(path),
        { file: createReadStream(path), name: "x" },
        Readable.toWeb(createReadStream(path)),
        { file: new Blob(["the third oak"]).stream() },
        { file: new Blob(["the third oak"]), name: "x" },
      ];
      for (const content of contents) expect(Buffer.from(await read(content)).toString()).to.equal("the third oak");
    });

    it("that fails before it is read ends no process, and its error is told", async () => {
      const stream = createReadStream(join(folder, "nothing"));
      const parsed = parseContent(stream as AsyncIterable<Uint8Array>);
      await closed(stream); // it failed, and nobody has read it: without a listener this process would end here
      const error = await errorOf(readAll(parsed.bytes, 9, () => new Error("too long")));
      expect(error.code).to.equal("INVALID_VALUE");
      expect(error.cause).to.have.property("code", "ENOENT");
      expect(await codeOf(stream), "a second time").to.equal("INVALID_VALUE");
    });

    it("of text is refused: which bytes were meant is lost", async () => {
      expect(await codeOf(createReadStream(join(folder, "file"), "utf8"))).to.equal("INVALID_VALUE");
      expect(await codeOf({ file: Readable.from(["a", "b"]) })).to.equal("INVALID_VALUE");
      expect(await codeOf(new ReadableStream({ start: (controller) => controller.enqueue("text") }))).to.equal("INVALID_VALUE");
    });

    it("that was read, closed or locked already is refused rather than empty", async () => {
      const [ended, destroyed] = [createReadStream(join(folder, "file")), createReadStream(join(folder, "file"))];
      await read(ended);
      destroyed.destroy();
      await Promise.all([closed(ended), closed(destroyed)]);
      const locked = new Blob(["x"]).stream();
      locked.getReader();
      for (const content of [ended, destroyed, locked, { file: ended }]) expect(await codeOf(content)).to.equal("INVALID_VALUE");
    });

    it("that is destroyed while it is read is refused", async () => {
      const stream = new Readable({ read: () => undefined });
      const reading = codeOf(stream);
      stream.push(Uint8Array.of(1));
      setImmediate(() => stream.destroy());
      expect(await reading).to.equal("INVALID_VALUE");
    });

    it("whatever it throws, an error of ours tells", async () => {
      const hostile: readonly unknown[] = [
        { [Symbol.asyncIterator]: () => undefined },
        { [Symbol.asyncIterator]: 7 },
        { [Symbol.asyncIterator]: () => ({ next: () => undefined }) },
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(undefined) }) },
        {
          get [Symbol.asyncIterator]() {
            throw "no"; // oxlint-disable-line typescript/only-throw-error
          },
        },
        {
          get json() {
            throw new Error("no");
          },
        },
        {
          get file() {
            throw new Error("no");
          },
        },
        new Proxy(
          {},
          {
            has: () => {
              throw new TypeError("no");
            },
          },
        ),
        { getReader: 7 },
        { getReader: () => ({ read: () => ({ done: false, value: "x" }), cancel: () => undefined, releaseLock: () => undefined }) },
        new ReadableStream({ start: (controller) => controller.error(new DOMException("it changed", "NotReadableError")) }),
        { file: { ...new Blob(["x"]) } },
        {
          [Symbol.asyncIterator]: () => ({
            next: async () => ({ done: false, value: "x" }),
            return: () => Promise.reject(new Error("and it does not stop either")),
          }),
        },
      ];
      for (const [index, content] of hostile.entries()) expect(await codeOf(content), String(index)).to.equal("INVALID_VALUE");
    });

    it("passes our own errors on: the other document's failure says what to do", async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Uint8Array.of(1);
        throw new KeyquorumError("BLOB_NOT_FOUND");
      }
      expect(await codeOf(failing())).to.equal("BLOB_NOT_FOUND");
    });

    it("is destroyed when it is refused, or not wanted", async () => {
      const [unwanted, misnamed] = [createReadStream(join(folder, "file")), createReadStream(join(folder, "file"))];
      parseContent(unwanted as AsyncIterable<Uint8Array>).discard();
      expect(() => parseContent({ file: misnamed as AsyncIterable<Uint8Array>, name: "a/b" }))
        .to.throw(KeyquorumError)
        .with.property("code", "INVALID_METADATA");
      await Promise.all([closed(unwanted), closed(misnamed)]);
      let isEnded = false;
      const generator = inPieces(Uint8Array.of(1)) as AsyncGenerator<Uint8Array>;
      const end = generator.return.bind(generator);
      generator.return = (value) => {
        isEnded = true;
        return end(value);
      };
      parseContent(generator).discard();
      expect(isEnded).to.equal(true);
    });
  });
});
