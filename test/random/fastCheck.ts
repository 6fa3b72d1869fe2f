// Loaded by mocha before the tests: properties take their cases from the run's seed.
import fc from "fast-check";
import { casesFor } from "./cases.ts";
import { seedNumber } from "./seed.ts";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: seedNumber("fast-check"), numRuns: casesFor(100) });
