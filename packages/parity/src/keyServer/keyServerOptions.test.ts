import { expect } from "chai";
import { parseExtensionOptions } from "../extensionOptions.ts";
import { OptionsError } from "../options.ts";
import { isLoopback, parseKeyServerOptions } from "./keyServerOptions.ts";

const problemOf = (options: unknown, parse: (options: unknown) => unknown = parseKeyServerOptions): string => {
  try {
    parse(options);
    return "none";
  } catch (error) {
    return error instanceof OptionsError ? error.message : String(error);
  }
};

describe("the key server's options", () => {
  it("have defaults: loopback, any page, t = 0 with a warning, keys shown to nobody", () => {
    const { host, port, corsOrigins, zeroThreshold, showKeysToKeeper, freshRequests, authors, quotas } = parseKeyServerOptions({});
    expect({ host, port, corsOrigins, zeroThreshold, showKeysToKeeper, freshRequests, authors }).to.deep.equal({
      ...{ host: "127.0.0.1", port: 8082, corsOrigins: ["*"], zeroThreshold: true, showKeysToKeeper: false },
      ...{ freshRequests: "optional", authors: undefined },
    });
    expect(quotas).to.deep.equal({ perAuthor: 20, perAddress: 40, total: 200, perMember: 200, allMembers: 1_000 });
  });

  it("say who may generate, wherever others than this machine reach the key server: by its address, or by a proxy", () => {
    for (const reached of [{ host: "0.0.0.0" }, { host: "::" }, { host: "192.0.2.1" }, { host: "keys.example" }, { trustProxy: true }]) {
      expect(problemOf(reached), JSON.stringify(reached)).to.match(/^The option authors must be "any" or a list of addresses, because/);
      for (const authors of ["any", [`0x${"ab".repeat(20)}`]]) expect(problemOf({ ...reached, authors })).to.equal("none");
    }
    for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1"]) expect(problemOf({ host }), host).to.equal("none");
  });

  it("refuse unknown ones by name, and wrong ones without repeating them", () => {
    expect(problemOf({ prot: 1, quotas: { perDay: 1 } })).to.equal("The option quotas.perDay is not known. The option prot is not known.");
    for (const [options, name] of [
      [{ port: 70_000 }, "port"],
      [{ port: "8082" }, "port"],
      [{ authors: [] }, "authors"],
      [{ authors: "all" }, "authors"],
      [{ authors: ["0xcanary"] }, "authors"],
      [{ quotas: { total: 0 } }, "quotas.total"],
      [{ freshRequests: true }, "freshRequests"],
      [{ tls: { certificateFile: "canary" } }, "tls.keyFile"],
      [{ requestTimeoutMilliseconds: 1 }, "requestTimeoutMilliseconds"],
    ] as const) {
      const problem = problemOf(options);
      expect(problem, JSON.stringify(options)).to.match(new RegExp(`^The option ${name}`));
      expect(problem).not.to.include("canary");
    }
    for (const nothing of [undefined, null, "x", 1]) expect(problemOf(nothing)).not.to.equal("none");
  });

  it("of the extension: a permissions contract, or none on this machine alone", () => {
    const permissions = `0x${"ab".repeat(20)}`;
    expect(parseExtensionOptions({ permissions }).keyServer.port).to.equal(8082);
    expect(parseExtensionOptions({ permissions: "none" }).permissions).to.equal("none");
    const problem = (options: unknown): string => problemOf(options, parseExtensionOptions);
    expect(problem({})).to.match(/^The option permissions must be the address/);
    expect(problem({ permissions: "0xcanary" }))
      .to.match(/^The option permissions must/)
      .and.not.to.include("canary");
    for (const keyServer of [
      { host: "0.0.0.0", authors: "any" },
      { trustProxy: true, authors: "any" },
    ])
      expect(problem({ permissions: "none", keyServer })).to.match(/^The option permissions must be an address, because/);
    expect(problem({ permissions, keyServer: { host: "0.0.0.0", authors: "any" } })).to.equal("none");
    expect(problem({ permissions, keyServer: { host: "0.0.0.0" } })).to.match(/^The option keyServer.authors must/);
    expect(problem({ permissions, port: 1 })).to.equal("The option port is not known.");
  });

  it("know loopback by its address", () => {
    for (const host of ["127.0.0.1", "localhost", "::1", "0:0:0:0:0:0:0:1"]) expect(isLoopback(host), host).to.equal(true);
    for (const host of ["", "128.0.0.1", "::", "::2", "fe80::1", "1.127.0.1", "localhost.example"])
      expect(isLoopback(host), host).to.equal(false);
  });
});
