import { expect } from "chai";
import { type EventFragment, type FunctionFragment, Interface } from "ethers";
import { CONTRACT_NAMES, interfaceOf } from "./contracts.ts";
import { rememberHashes } from "./rememberHashes.ts";

describe("rememberHashes", () => {
  it("keeps what ethers computes, for every event and function, however often it is called", () => {
    rememberHashes();
    rememberHashes();
    for (const name of CONTRACT_NAMES) {
      const kept = interfaceOf(name) as Interface;
      const fresh = new Interface(kept.format());
      const events: EventFragment[] = [];
      const functions: FunctionFragment[] = [];
      kept.forEachEvent((event) => events.push(event));
      kept.forEachFunction((called) => functions.push(called));
      for (const event of events) {
        expect(Object.hasOwn(event, "topicHash")).to.equal(true);
        expect(event.topicHash).to.equal(fresh.getEvent(event.format())?.topicHash);
      }
      for (const called of functions) {
        expect(Object.hasOwn(called, "selector")).to.equal(true);
        expect(called.selector).to.equal(fresh.getFunction(called.format())?.selector);
      }
    }
  });
});
