import { expect } from "chai";
import { reaches } from "./ruleParts.ts";

const partsIn = (rules: Readonly<Record<string, readonly string[]>>) => {
  const asked: string[] = [];
  return {
    asked,
    partsOf: async (address: string): Promise<readonly string[]> => {
      asked.push(address);
      return rules[address] ?? [];
    },
  };
};

describe("reaches", () => {
  it("finds the contract itself, without asking it", async () => {
    const { asked, partsOf } = partsIn({});
    expect(await reaches("0xa", "0xA", partsOf)).to.equal(true);
    expect(asked).to.deep.equal([]);
  });

  it("finds a part, and a part of a part, and not what is not part", async () => {
    const { partsOf } = partsIn({ "0x1": ["0xB", "0x2"], "0x2": ["0xA"] });
    expect(await reaches("0xa", "0x1", partsOf)).to.equal(true);
    expect(await reaches("0xb", "0x1", partsOf)).to.equal(true);
    expect(await reaches("0xc", "0x1", partsOf)).to.equal(false);
  });

  it("ends where rules name each other", async () => {
    const { asked, partsOf } = partsIn({ "0x1": ["0x2"], "0x2": ["0x1", "0x2"] });
    expect(await reaches("0xa", "0x1", partsOf)).to.equal(false);
    expect(asked).to.deep.equal(["0x1", "0x2"]);
  });

  it("ends where rules never end", async () => {
    let asked = 0;
    const endless = async (address: string): Promise<readonly string[]> => {
      asked += 1;
      return [`${address}0`, `${address}1`];
    };
    expect(await reaches("0xa", "0x", endless)).to.equal(false);
    expect(asked).to.equal(64);
  });
});
