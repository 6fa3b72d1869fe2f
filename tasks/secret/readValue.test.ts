import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UsageError } from "../usageError.ts";
import { MOST_SECRET_BYTES, readValue } from "./readValue.ts";

const NONE = { file: undefined, fromEnv: undefined, stdin: false };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
async function* pieces(...parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}
const refusal = (value: Promise<Uint8Array>): Promise<string> =>
  value.then(
    () => "read",
    (error: unknown) => {
      expect(error).to.be.instanceOf(UsageError);
      return (error as UsageError).message;
    },
  );

describe("The value of a secret", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("is read byte for byte, from a file, from standard input, from the environment", async () => {
    const file = join(folder, "value");
    await writeFile(file, Buffer.from([0, 255, 10]));
    expect([...(await readValue({ ...NONE, file }))]).to.deep.equal([0, 255, 10]);
    expect(text(await readValue({ ...NONE, stdin: true }, pieces("two ", "lines\n")))).to.equal("two lines\n");
    process.env.KEYQUORUM_TEST_VALUE = "from the environment";
    try {
      expect(text(await readValue({ ...NONE, fromEnv: "KEYQUORUM_TEST_VALUE" }))).to.equal("from the environment");
    } finally {
      delete process.env.KEYQUORUM_TEST_VALUE;
    }
  });

  it("comes from one place: none, and two, are refused", async () => {
    expect(await refusal(readValue(NONE))).to.include("with one of");
    expect(await refusal(readValue({ file: "a", fromEnv: "B", stdin: false }))).to.include("with one of");
    expect(await refusal(readValue({ file: "a", fromEnv: undefined, stdin: true }))).to.include("with one of");
  });

  it("is not typed on a screen", async () => {
    expect(await refusal(readValue({ ...NONE, stdin: true }, pieces("typed"), true))).to.include("would stand on the screen");
  });

  it("is there, and not empty", async () => {
    expect(await refusal(readValue({ ...NONE, file: join(folder, "missing") }))).to.include("cannot be read");
    expect(await refusal(readValue({ ...NONE, fromEnv: "KEYQUORUM_TEST_NO_SUCH" }))).to.include(
      "environment variable given with --from-env does not exist",
    );
    expect(await refusal(readValue({ ...NONE, stdin: true }, pieces()))).to.equal("The value is empty.");
  });

  it("has a size that a module's memory takes, and no endless input is collected", async () => {
    const most = "x".repeat(MOST_SECRET_BYTES);
    expect((await readValue({ ...NONE, stdin: true }, pieces(most))).length).to.equal(MOST_SECRET_BYTES);
    let given = 0;
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (;;) {
        given += 1;
        yield Buffer.from(most);
      }
    };
    expect(await refusal(readValue({ ...NONE, stdin: true }, endless()))).to.include("more than");
    expect(given).to.equal(2);
  });
});
