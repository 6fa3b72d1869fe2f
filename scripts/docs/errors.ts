// `npm run docs`: writes the generated parts of the documentation.
import { writeFile } from "node:fs/promises";
import { errorsDocument } from "../checks/errorsDocument.ts";

await writeFile("docs/ERRORS.md", await errorsDocument());
console.log("docs/ERRORS.md");
