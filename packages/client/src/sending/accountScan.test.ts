import { expect } from "chai";
import type { Provider, TransactionResponse } from "ethers";
import { createAccountScan } from "./accountScan.ts";

const account = `0x${"a1".repeat(20)}`;

/** A chain whose block 2 has the account's one transaction; each block is given when the test says so. */
const slowChain = () => {
  const asked: { readonly number: number; readonly give: () => void }[] = [];
  const blockOf = (number: number) => ({ prefetchedTransactions: number === 2 ? [{ from: account } as TransactionResponse] : [] });
  const provider = {
    getBlockNumber: async () => 8,
    getBlock: (number: number) => new Promise((resolve) => asked.push({ number, give: () => resolve(blockOf(number)) })),
  };
  const give = async (): Promise<void> => {
    for (const { give: giveOne } of asked.splice(0)) giveOne();
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { provider: provider as unknown as Provider, asked, give };
};

describe("The search for an account's transaction", () => {
  it("finds it also where a search that was given up has passed it", async () => {
    const { provider, asked, give } = slowChain();
    const scan = createAccountScan(provider, account, 1);
    void scan(() => true); // given up: nobody hears what it finds
    const second = scan(() => true);
    await new Promise((resolve) => setTimeout(resolve, 1));
    let found: TransactionResponse | undefined;
    void second.then((one) => {
      found = one;
    });
    for (let rounds = 0; asked.length > 0 && rounds < 20; rounds += 1) await give();
    expect(found?.from).to.equal(account);
  });

  it("reads each block once, and the newest three again", async () => {
    const { provider, asked, give } = slowChain();
    const scan = createAccountScan(provider, account, 4);
    const read: number[] = [];
    for (let look = 0; look < 2; look += 1) {
      const looking = scan(() => true);
      let isOver = false;
      void looking.then(() => {
        isOver = true;
      });
      while (!isOver) {
        read.push(...asked.map(({ number }) => number));
        await give();
      }
    }
    expect(read).to.deep.equal([4, 5, 6, 7, 8, 6, 7, 8]);
  });
});
