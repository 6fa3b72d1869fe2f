// `npm run docs`: writes the pages that are generated from the sources.
import { writeFile } from "node:fs/promises";
import { contractSentences } from "../checks/contractSentences.ts";
import { errorsDocument } from "../checks/errorsDocument.ts";
import { tasksDocument } from "../checks/tasksDocument.ts";
import { userContractErrors } from "../checks/userContractErrors.ts";

const PAGES: readonly (readonly [file: string, page: () => string | Promise<string>])[] = [
  ["docs/ERRORS.md", errorsDocument],
  ["packages/bindings/src/contractSentences.ts", contractSentences],
  ["packages/bindings/src/userContractErrors.ts", userContractErrors],
  ["tasks/README.md", tasksDocument],
];

for (const [file, page] of PAGES) {
  await writeFile(file, await page());
  console.log(file);
}
