import { expect } from "chai";
import { bytesToHex } from "./hex.ts";
import { parseAddress, parseHash32 } from "./ids.ts";
import { encodeModuleContext, moduleContextHash } from "./moduleContext.ts";

const word = (digits: string): string => digits.padStart(64, "0");

describe("The context of a module", () => {
  const context = { chainId: 31337n, module: parseHash32(`0x${"ab".repeat(32)}`), runner: parseAddress(`0x${"c0".repeat(20)}`) };

  it("is tag, chain, module and runner, a word each; ModuleGrants makes the same (test/contracts/policies/ModuleGrants.test.ts)", () => {
    const tag = "d3a03eb07e8cd02726a79109eff716e3b0d96f7373c751bd9ab3f92119d4c363"; // keccak of keyquorum/v1/module
    expect(bytesToHex(encodeModuleContext(context))).to.equal(`0x${tag}${word("7a69")}${"ab".repeat(32)}${word("c0".repeat(20))}`);
  });

  it("differs where any of them does", () => {
    const others = [
      context,
      { ...context, chainId: 1n },
      { ...context, module: parseHash32(`0x${"ac".repeat(32)}`) },
      { ...context, runner: parseAddress(`0x${"c1".repeat(20)}`) },
    ];
    expect(new Set(others.map(moduleContextHash)).size).to.equal(others.length);
  });
});
