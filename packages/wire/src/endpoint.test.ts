import { expect } from "chai";
import { endpointUrl, parseEndpoint } from "./endpoint.ts";

describe("A keeper's endpoint", () => {
  for (const [endpoint, url] of [
    ["https://keeper.example.com", "https://keeper.example.com/v1/keeper"],
    ["https://keeper.example.com/", "https://keeper.example.com/v1/keeper"],
    ["https://example.com/keepers/1", "https://example.com/keepers/1/v1/keeper"],
    ["https://example.com/keepers/1/", "https://example.com/keepers/1/v1/keeper"],
    ["http://keeper.example.com:8700", "http://keeper.example.com:8700/v1/keeper"],
    ["https://[2606:4700::1]:8443/a", "https://[2606:4700::1]:8443/a/v1/keeper"],
    ["http://example.com:443", "http://example.com:443/v1/keeper"],
  ] as const)
    it(`when it is ${endpoint}, a route should be below it`, () => expect(endpointUrl(endpoint, "/v1/keeper")).to.equal(url));

  for (const endpoint of [
    ...["", "keeper.example.com", "ftp://example.com", "file:///etc/passwd", "javascript:alert(1)", "https://", "//example.com"],
    ...["https://canary@example.com", "https://user:canary@example.com", "https://:canary@example.com"],
    ...["http://127.0.0.1:8545/path?x=", "https://example.com/?canary=1", "https://example.com?", "https://example.com/#canary"],
    ...["http://example.com:0", "http://example.com:25", "http://example.com:22", "http://example.com:6667", "http://example.com:65536"],
  ])
    it(`when it is "${endpoint}", it should be refused, and not be repeated`, () => {
      expect(() => parseEndpoint(endpoint))
        .to.throw()
        .that.satisfies((error: Error & { code: string }) => error.code === "INVALID_VALUE" && !error.message.includes("canary"));
    });
});
