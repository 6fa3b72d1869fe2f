import { expect } from "chai";
import { printable, printableJson } from "./printable.ts";
import { createTerminal, formatTable, toJson } from "./terminal.ts";

/** What a stranger may have written, and how a terminal shows it. */
const HARMFUL: readonly (readonly [what: string, text: string, shown: string])[] = [
  ["clears the screen", "\u001b[2J", "\\u{1b}[2J"],
  ["sets the title by a control of 8 bits", "\u009d0;owned\u009c", "\\u{9d}0;owned\\u{9c}"],
  ["writes over the line", "ok\rno", "ok\\u{d}no"],
  ["makes a line of its own", "x\nWarning: y", "x\\u{a}Warning: y"],
  ["rubs letters out", "abc\b\b\u007f", "abc\\u{8}\\u{8}\\u{7f}"],
  ["turns the reading order", "cod\u202efdp.exe", "cod\\u{202e}fdp.exe"],
  ["isolates", "\u2067a\u2069", "\\u{2067}a\\u{2069}"],
  ["hides a mark", "\ufeffa\u200f", "\\u{feff}a\\u{200f}"],
  ["separates lines in another way", "a\u2028b\u2029\u0085", "a\\u{2028}b\\u{2029}\\u{85}"],
  ["is half a character", "\ud800", "\\u{d800}"],
];
const ORDINARY = ["👨‍👩‍👧 budget.xlsx", "می‌خواهم.txt", "Zürich—東京", "x".repeat(300)];

describe("What strangers wrote, on a terminal", () => {
  for (const [what, text, shown] of HARMFUL)
    it(`that ${what} is written out`, () => {
      expect(printable(text)).to.equal(shown);
    });

  it("is left as it is where it is ordinary", () => {
    for (const text of ORDINARY) expect(printable(text)).to.equal(text);
  });

  it("does no harm in any way that tasks speak", () => {
    const said = { stdout: "", stderr: "" };
    const into = (name: keyof typeof said) => ({
      isTTY: true,
      write: (part: string | Uint8Array) => {
        said[name] += typeof part === "string" ? part : Buffer.from(part).toString();
      },
    });
    const terminal = createTerminal({ isJson: false, streams: { stdout: into("stdout"), stderr: into("stderr") } });
    const harm = HARMFUL.map(([, text]) => text.replaceAll("\n", " ")).join(" ");
    terminal.print(harm);
    terminal.progress(harm);
    terminal.warn(harm);
    terminal.facts([[harm, harm]]);
    terminal.table([harm], [[harm]]);
    terminal.show(new TextEncoder().encode(`tab\there\n${harm}`));
    for (const text of Object.values(said)) expect(text).to.not.match(/[^\P{Cc}\n\t]|\p{Bidi_Control}|\ufeff/u);
    expect(said.stdout).to.include("tab\there\n");
  });

  it("is in a pipe as it was written", () => {
    const parts: (string | Uint8Array)[] = [];
    const stdout = { write: (part: string | Uint8Array) => parts.push(part) };
    createTerminal({ isJson: false, streams: { stdout, stderr: stdout } }).show(Uint8Array.of(0x1b, 0xff));
    expect([...(parts[0] as Uint8Array)]).to.deep.equal([0x1b, 0xff]);
  });

  it("keeps the columns of a table", () => {
    const [header, , row] = formatTable(["NAME", "SLOT"], [["\u001b[2J\u202e", "1"]]);
    expect(header?.indexOf("SLOT")).to.equal(row?.lastIndexOf("1"));
  });

  it("is the same value in JSON", () => {
    for (const [, text] of HARMFUL) {
      expect(JSON.parse(toJson({ text }))).to.deep.equal({ text });
      expect(toJson({ text })).to.not.match(/[\p{Bidi_Control}\ufeff\u0080-\u009f]/u);
    }
    expect(printableJson('{"a":"é"}')).to.equal('{"a":"é"}');
  });
});
