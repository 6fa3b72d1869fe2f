import { Writable } from "node:stream";
import { expect } from "chai";
import { fileLines, streamLines } from "./logLines.ts";

/** A reader that takes a line only when it is told to. */
const createReader = () => {
  const taken: string[] = [];
  let give: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      give = () => {
        give = undefined;
        taken.push(line);
        done();
      };
    },
  });
  const read = async (): Promise<void> => {
    for (; give !== undefined; await new Promise((resolve) => setImmediate(resolve))) give();
  };
  return { stream, taken, read };
};

describe("streamLines", () => {
  it("when nobody reads, it should keep a bounded number of lines, count the others and never wait", () => {
    const { stream } = createReader();
    const lines = streamLines(stream, { maxWaitingBytes: 100 });
    for (let line = 0; line < 50; line += 1) lines.write("123456789\n");
    expect([stream.writableLength, lines.dropped()]).to.deep.equal([100, 40]);
  });

  it("when the reader comes back, it should give what was kept, say how many lines are missing, and continue", async () => {
    const { stream, taken, read } = createReader();
    const lines = streamLines(stream, { maxWaitingBytes: 20, now: () => 0 });
    for (const line of ["1", "2", "3", "4", "5"]) lines.write(`${line}23456789\n`);
    await read();
    lines.write("after\n");
    await read();
    const [first, second, notice, last] = taken;
    expect([first, second, last, taken.length]).to.deep.equal(["123456789\n", "223456789\n", "after\n", 4]);
    expect(JSON.parse(notice ?? "")).to.include({ level: "warn", lines: 3, time: "1970-01-01T00:00:00.000Z" });
  });

  it("when a line is longer than all that may wait, it should be written where nothing waits", () => {
    const { stream } = createReader();
    const lines = streamLines(stream, { maxWaitingBytes: 4 });
    lines.write("a long line\n");
    lines.write("b\n");
    expect([stream.writableLength, lines.dropped()]).to.deep.equal([12, 1]);
  });

  it("when the reader dies, it should count what is written after that, and not throw", async () => {
    const stream = new Writable({ write: (_line, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })) });
    const lines = streamLines(stream);
    lines.write("a\n");
    await new Promise((resolve) => setImmediate(resolve));
    lines.write("b\n");
    lines.write("c\n");
    expect(lines.dropped()).to.equal(2);
    expect(await lines.flush(60_000)).to.equal(false);
  });

  it("when the process ends, it should wait until all is written, for so long at most", async () => {
    const { stream, taken, read } = createReader();
    const lines = streamLines(stream);
    expect(await lines.flush(0)).to.equal(true);
    lines.write("last words\n");
    expect(await lines.flush(20)).to.equal(false);
    const flushed = lines.flush(60_000);
    await read();
    expect([await flushed, taken]).to.deep.equal([true, ["last words\n"]]);
  });
});

describe("fileLines", () => {
  it("when the disk is full, it should count the lines and write again when there is room", () => {
    const written: string[] = [];
    let isFull = false;
    const lines = fileLines(1, (_descriptor, line) => {
      if (isFull) throw Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" });
      return written.push(line);
    });
    lines.write("a\n");
    isFull = true;
    lines.write("b\n");
    isFull = false;
    lines.write("c\n");
    expect([written, lines.dropped()]).to.deep.equal([["a\n", "c\n"], 1]);
  });
});
