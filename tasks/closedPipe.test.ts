import { EventEmitter } from "node:events";
import { expect } from "chai";
import { surviveClosedPipe } from "./closedPipe.ts";

const failing = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

describe("A stream that nobody reads any more", () => {
  it("ends nothing, and is listened to once", () => {
    const stream = new EventEmitter();
    surviveClosedPipe(stream);
    surviveClosedPipe(stream);
    expect(stream.listenerCount("error")).to.equal(1);
    expect(() => stream.emit("error", failing("EPIPE"))).not.to.throw();
  });

  it("is another matter than a disk that is full", () => {
    const stream = new EventEmitter();
    surviveClosedPipe(stream);
    expect(() => stream.emit("error", failing("ENOSPC"))).to.throw("ENOSPC");
  });

  it("may be a test's own, without events", () => {
    expect(() => surviveClosedPipe({})).not.to.throw();
  });
});
