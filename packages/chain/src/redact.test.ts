import { expect } from "chai";
import { redactText, redactUrl } from "./redact.ts";

const SECRET = "https://alice:s3cret-word@rpc.example.org:8443/v3/0123456789abcdef?key=hunter2hunter2";

describe("redact", () => {
  it("shows scheme, host and port, and nothing else of an URL", () => {
    expect(redactUrl(SECRET)).to.equal("https://rpc.example.org:8443/<redacted>");
    expect(redactUrl("http://127.0.0.1:8545")).to.equal("http://127.0.0.1:8545");
    expect(redactUrl("http://127.0.0.1:8545/")).to.equal("http://127.0.0.1:8545");
    expect(redactUrl("not an url with a secret")).to.equal("<not an URL>");
  });

  it("takes every secret piece out of foreign texts, in each spelling", () => {
    const text = redactText(`bad key hunter2hunter2 for 0123456789abcdef, s3cret-word, ${SECRET}`, SECRET);
    for (const secret of ["hunter2hunter2", "0123456789abcdef", "s3cret-word"]) expect(text).not.to.contain(secret);
    expect(redactText("user p@ssw0rd!", "http://u:p%40ssw0rd!@h/")).to.equal("user <redacted>");
    expect(redactText("the v3 api", "https://h/v3/0123456789abcdef")).to.equal("the v3 api");
  });
});
