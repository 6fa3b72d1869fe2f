import { expect } from "chai";
import { parseAddress } from "./ids.ts";
import { documentIdOf } from "./names.ts";
import { parseSecretName, secretDocumentOf, secretSaltOf } from "./secretName.ts";

const [alice, bob] = ["a1", "b0"].map((byte) => parseAddress(`0x${byte.repeat(20)}`)) as [
  ReturnType<typeof parseAddress>,
  ReturnType<typeof parseAddress>,
];

describe("The name of a secret", () => {
  it("is what environments and files can have", () => {
    for (const name of ["A", "_", "API_KEY", "db.password-2", "a".repeat(64)]) expect(parseSecretName(name)).to.equal(name);
  });

  it("is nothing else, and is not repeated in the error", () => {
    for (const name of ["", "1A", "-a", ".a", "a b", "a/b", "a\n", "ä", "a".repeat(65), 7, undefined, null, ["A"]])
      expect(() => parseSecretName(name), JSON.stringify(name))
        .to.throw("The name of a secret has 1 to 64")
        .with.property("code", "INVALID_VALUE");
  });

  it("gives the document's id together with the owner, and nothing else does", () => {
    expect(secretDocumentOf(alice, "API_KEY")).to.equal(documentIdOf(alice, secretSaltOf(alice, "API_KEY")));
    const salts = [
      secretSaltOf(alice, "API_KEY"),
      secretSaltOf(bob, "API_KEY"),
      secretSaltOf(alice, "API_KEZ"),
      secretSaltOf(alice, "api_key"),
    ];
    expect(new Set(salts).size).to.equal(4);
  });

  it("is frozen: the same id for ever", () => {
    expect(secretSaltOf(alice, "API_KEY")).to.equal("0x61169a5a207f6ef1a954e402cc6d83382bd54d703d6ff46a0b1a483ff880936e");
  });
});
