import { expect } from "chai";
import fc from "fast-check";
import { codeOf } from "./actors.test.ts";
import { type DocumentMetadata, encodeMetadata, parseMetadata } from "./metadata.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("Metadata", () => {
  it("when it is written and read, it should be the same", () => {
    const letters = fc
      .stringMatching(/^[\p{L}\d ._-]{1,80}$/u)
      .filter((name) => name !== "." && name !== ".." && name.length >= 1 && name.length <= 255);
    fc.assert(
      fc.property(
        fc.constantFrom("file", "text", "json"),
        fc.option(letters, { nil: undefined }),
        fc.option(fc.maxSafeNat(), { nil: undefined }),
        (kind, name, size) => {
          const metadata: DocumentMetadata = {
            kind: kind as "file",
            ...(name === undefined ? {} : { name, mediaType: "text/plain; charset=utf-8" }),
            ...(size === undefined ? {} : { size }),
          };
          expect(parseMetadata(encodeMetadata(metadata))).to.deep.equal(metadata);
        },
      ),
    );
  });

  const refused: readonly (readonly [string, string])[] = [
    ["no JSON", "kind=file"],
    ["a list", "[]"],
    ["null", "null"],
    ["without kind", "{}"],
    ["of an unknown kind", '{"kind":"directory"}'],
    ["with an unknown key", '{"kind":"file","path":"/etc/passwd"}'],
    ["with a prototype", '{"kind":"file","__proto__":{}}'],
    ["with a name that is a path", '{"kind":"file","name":"../../.ssh/authorized_keys"}'],
    ["with a Windows path", '{"kind":"file","name":"..\\\\boot.ini"}'],
    ["with the name of a directory", '{"kind":"file","name":".."}'],
    ["with an empty name", '{"kind":"file","name":""}'],
    ["with a terminal's escape in its name", '{"kind":"file","name":"a\\u001b[2Jb"}'],
    ["with a name that reads backwards", '{"kind":"file","name":"cod\\u202efdp.exe"}'],
    ["with a name with a hidden mark of order", '{"kind":"file","name":"a\\u200fb"}'],
    ["with a name with an isolate", '{"kind":"file","name":"a\\u2067b\\u2069"}'],
    ["with an Arabic letter mark in its name", '{"kind":"file","name":"a\\u061cb"}'],
    ["with a byte order mark in its name", '{"kind":"file","name":"\\ufeffa"}'],
    ["with a control of 8 bits in its name", '{"kind":"file","name":"a\\u009b2Jb"}'],
    ["with a line separator in its name", '{"kind":"file","name":"a\\u2028b"}'],
    ["with half a surrogate in its name", '{"kind":"file","name":"\\ud800"}'],
    ["with a name that is a number", '{"kind":"file","name":3}'],
    ["with a long name", JSON.stringify({ kind: "file", name: "a".repeat(256) })],
    ["with a line break in its media type", '{"kind":"file","mediaType":"text/html\\r\\nx: y"}'],
    ["with a negative size", '{"kind":"file","size":-1}'],
    ["with a size that is a text", '{"kind":"file","size":"7"}'],
    ["with half a byte", '{"kind":"file","size":0.5}'],
    ["with a size beyond exact numbers", '{"kind":"file","size":9007199254740993}'],
    ["larger than 4096 bytes", `{"kind":"file"${" ".repeat(4096)}}`],
  ];
  for (const [what, value] of refused) {
    it(`when it is ${what}, it should be refused`, async () => {
      expect(await codeOf(() => parseMetadata(text(value)))).to.equal("INVALID_METADATA");
    });
  }

  const ordinary: readonly (readonly [string, string])[] = [
    ["an emoji of several", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} budget.xlsx"],
    ["a Persian word with a joiner", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.txt"],
    ["a Sinhala word with a joiner", "\u0dc1\u0dca\u200d\u0dbb\u0dd3.txt"],
    ["a flag made of tags", "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}.txt"],
    ["a soft hyphen", "Donau\u00addampf.txt"],
    ["a variation selector", "\u2764\ufe0f.txt"],
    ["a Mongolian vowel separator", "\u1820\u180e.txt"],
    ["a name of a hidden file", ".env"],
  ];
  for (const [what, name] of ordinary) {
    it(`when its name is ${what}, it should be kept as it is`, () => {
      expect(parseMetadata(encodeMetadata({ kind: "file", name }))).to.deep.equal({ kind: "file", name });
    });
  }

  it("when it is not UTF-8, it should be refused", async () => {
    expect(await codeOf(() => parseMetadata(Uint8Array.of(0x7b, 0xff, 0x7d)))).to.equal("INVALID_METADATA");
    expect(await codeOf(() => parseMetadata(Uint8Array.from([0xef, 0xbb, 0xbf, ...text('{"kind":"file"}')])))).to.equal("INVALID_METADATA");
  });

  it("when a writer gives bad values, it should be refused before anything is encrypted", async () => {
    expect(await codeOf(() => encodeMetadata({ kind: "file", name: "a/b" }))).to.equal("INVALID_METADATA");
    expect(await codeOf(() => encodeMetadata({ kind: "picture" as "file" }))).to.equal("INVALID_METADATA");
  });
});
