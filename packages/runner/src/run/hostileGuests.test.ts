import { expect } from "chai";
import { GUESTS } from "../testing/guests/index.ts";
import { runGuestCase } from "../testing/runGuestCase.ts";
import { createRunner, type Runner } from "./createRunner.ts";

/** The short part of the corpus; `npm run test:guests` runs all of it and prints the table. */
describe("A hostile guest", () => {
  let runner: Runner;
  before(async () => {
    runner = await createRunner();
  });
  after(() => runner.close());

  for (const guest of GUESTS.filter(({ isLong }) => isLong !== true))
    it(`${guest.group}: ${guest.name}${guest.isTwin === true ? " (a benign twin)" : ""}, should end as it must`, async () => {
      const { fault } = await runGuestCase(runner, guest);
      expect(fault).to.equal(undefined);
    });
});
