import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RetrievedDocument } from "@keyquorum/client";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import type { TaskContext } from "../context.ts";
import { createTerminal } from "../terminal.ts";
import { UsageError } from "../usageError.ts";
import { fileOfDocument, suggestionOf, withNameAdvice } from "./authorsName.ts";
import { checkDelivery, deliver, deliverRange, inJson } from "./deliver.ts";

const ID = `0x${"7f".repeat(32)}`;

/** A document as keepers opened it, without keepers. */
const documentOf = (content: Uint8Array, metadata: { readonly kind: string; readonly name?: string }): RetrievedDocument => {
  async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const range = ({ offset = 0, length = content.length }) => ({ bytes: async () => content.subarray(offset, offset + length) });
  return { document: ID, metadata, content: pieces(content), bytes: async () => content, range } as unknown as RetrievedDocument; // what is used
};

const speaking = (isJson = false) => {
  const parts: Uint8Array[] = [];
  const stream = { write: (part: string | Uint8Array) => parts.push(Buffer.from(part as string)) };
  const terminal = createTerminal({ isJson, streams: { stdout: stream, stderr: stream } });
  const context = { terminal, signal: new AbortController().signal } as unknown as TaskContext; // what is used
  return { context, said: () => Buffer.concat(parts) };
};

describe("A document that was read", () => {
  let folder: string;
  let before: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-deliver-"));
    before = process.cwd();
    process.chdir(folder);
  });
  afterEach(async () => {
    process.chdir(before);
    await rm(folder, { recursive: true, force: true });
  });
  const plain = { out: undefined, replace: false };

  for (const name of ["hardhat.config.ts", "package.json", "Makefile", "conftest.py", ".bashrc", "CON", "-rf", "x.html", undefined])
    it(`named ${name} is written under its id, and nowhere else`, async () => {
      const read = documentOf(Buffer.from("code"), { kind: "file", ...(name === undefined ? {} : { name }) });
      const { context, said } = speaking();
      const { file } = await deliver(read, plain, context);
      expect(file).to.equal(`document-${"7f".repeat(32)}`);
      expect(await readdir(folder)).to.deep.equal([file]);
      if (name !== undefined) expect(said().toString()).to.include(name);
    });

  it("is called as its author calls it by the command that is told, whatever a shell makes of the name", async () => {
    const names = [
      "plain.txt",
      "two words",
      "it's",
      "$(touch owned)",
      "`touch owned`",
      "a;touch owned",
      "-n",
      "a\\'b",
      "👨‍👩‍👧.xlsx",
      '"',
      "*",
      "~",
    ];
    for (const name of names) {
      await writeFile(fileOfDocument(ID), name);
      const [, command = ""] = suggestionOf(fileOfDocument(ID), name);
      execFileSync("sh", ["-c", command.trim()]);
      expect(await readFile(name, "utf8")).to.equal(name);
    }
    expect(await readdir(folder)).to.not.include("owned");
  });

  it("does no harm by its name, should one come this far", () => {
    expect(suggestionOf("file", "\u001b[2J\u202ex\n").join("\n")).to.not.match(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });

  it("goes where --out says, and only there", async () => {
    const read = documentOf(Buffer.from("code"), { kind: "file", name: "Makefile" });
    expect((await deliver(read, { out: "mine", replace: false }, speaking().context)).file).to.equal("mine");
    expect(await readdir(folder)).to.deep.equal(["mine"]);
  });

  it("is refused before anybody is asked where it could not be written", async () => {
    const codeOf = (work: Promise<void>): Promise<unknown> =>
      work.then(
        () => "no error",
        (error: unknown) => (error as KeyquorumError).code,
      );
    await writeFile("there", "");
    await symlink("there", "link");
    await writeFile(fileOfDocument(ID), "");
    const check = (out: string | undefined, replace: boolean, receipts?: string, document?: string) =>
      codeOf(checkDelivery({ out, replace, receipts }, document));
    expect(await check("new", false)).to.equal("no error");
    expect(await check("-", false)).to.equal("no error");
    expect(await check(undefined, false)).to.equal("no error");
    expect(await check("there", false)).to.equal("FILE_EXISTS");
    expect(await check("there", true)).to.equal("no error");
    expect(await check("link", true)).to.equal("INVALID_VALUE");
    expect(await check("/dev/null", true)).to.equal("INVALID_VALUE");
    expect(await check("new", false, "there")).to.equal("FILE_EXISTS");
    expect(await check(undefined, false, undefined, ID)).to.equal("FILE_EXISTS");
  });

  describe("as JSON", () => {
    const contents: Readonly<Record<string, Uint8Array>> = {
      ASCII: Buffer.from("Caf"),
      "Latin-1": Buffer.from("Caf\xe9", "latin1"),
      "UTF-8 with a byte order mark": Buffer.from("\ufeffx"),
      "UTF-16": Buffer.from("\ufeffx", "utf16le"),
      "an overlong letter": Buffer.from([0xc0, 0xaf]),
      "a surrogate in UTF-8": Buffer.from([0xed, 0xa0, 0x80]),
      "a letter cut in half": Buffer.from("é").subarray(0, 1),
      controls: Buffer.from("\0\u001b[2J\u009b\u2028\u202e"),
      nothing: Buffer.alloc(0),
      "U+FFFD itself": Buffer.from("\ufffd"),
    };
    for (const [what, bytes] of Object.entries(contents))
      it(`comes back byte for byte: ${what}`, async () => {
        const read = documentOf(bytes, { kind: "text" });
        const { context } = speaking(true);
        for (const given of [
          await deliver(read, { out: "-", replace: false }, context),
          await deliver(read, plain, context),
          await deliverRange(read, {}, plain, context),
          inJson(bytes) as { content?: string; contentBase64?: string },
        ]) {
          const back = given.content === undefined ? Buffer.from(given.contentBase64 ?? "", "base64") : Buffer.from(given.content);
          expect(back.equals(bytes)).to.equal(true);
        }
      });

    it("is text where it can be, also of a part that begins with the mark", async () => {
      expect(inJson(Buffer.from("\ufeffx"))).to.deep.equal({ content: "\ufeffx" });
      const { content } = await deliverRange(
        documentOf(Buffer.from("\ufeffx"), { kind: "file" }),
        { length: 3 },
        plain,
        speaking(true).context,
      );
      expect(content).to.equal("\ufeff");
    });
  });

  it("goes to the terminal by --out - as it is", async () => {
    const { context, said } = speaking();
    await deliver(documentOf(Buffer.from([0x1b, 0xff]), { kind: "text" }), { out: "-", replace: false }, context);
    expect([...said()]).to.deep.equal([0x1b, 0xff]);
  });
});

describe("A document's name that is refused", () => {
  const refuse = (): never => {
    throw new KeyquorumError("INVALID_METADATA", "x", { details: { field: "name", reason: "name is not good" } });
  };
  it("is told with the option that gives another", async () => {
    for (const typed of [undefined, "a\u202eb"]) {
      const error = await withNameAdvice(typed, refuse).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(UsageError).with.property("message").that.includes("--name");
    }
  });

  it("is not mixed up with other refusals", async () => {
    const other = new KeyquorumError("INVALID_METADATA", "x", { details: { field: "mediaType" } });
    expect(await withNameAdvice(undefined, () => Promise.reject(other)).catch((caught: unknown) => caught)).to.equal(other);
  });
});
