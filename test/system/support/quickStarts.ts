import { join } from "node:path";
import "./quickly.cjs";

// Loaded before the tests: programs that they start find the files of this repository's modules without looking for them.
const options = [process.env.NODE_OPTIONS, `--require=${JSON.stringify(join(import.meta.dirname, "quickly.cjs"))}`];
process.env.NODE_OPTIONS = options.filter((option) => option !== undefined).join(" ");
