import { expect } from "chai";
import { eitherSignal } from "./eitherSignal.ts";

describe("eitherSignal", () => {
  for (const which of [0, 1])
    it(`aborts with its ${which === 0 ? "first" : "second"} signal's reason`, () => {
      const both = [new AbortController(), new AbortController()] as const;
      const { signal } = eitherSignal(both[0].signal, both[1].signal);
      expect(signal.aborted).to.equal(false);
      both[which]?.abort("enough");
      expect([signal.aborted, signal.reason]).to.deep.equal([true, "enough"]);
    });
  it("is aborted at once where one of them was", () => {
    const { signal } = eitherSignal(new AbortController().signal, AbortSignal.abort("over"));
    expect([signal.aborted, signal.reason]).to.deep.equal([true, "over"]);
  });
  it("leaves nothing at a signal that lives on", () => {
    const listeners = new Set<unknown>();
    const long = new AbortController().signal;
    long.addEventListener = (_: string, listener: unknown) => void listeners.add(listener);
    long.removeEventListener = (_: string, listener: unknown) => void listeners.delete(listener);
    const either = eitherSignal(long, new AbortController().signal);
    expect(listeners.size).to.equal(1);
    either.letGo();
    expect(listeners.size).to.equal(0);
  });
});
