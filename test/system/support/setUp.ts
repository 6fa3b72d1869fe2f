// Loaded before the tests.
import "./compileCache.ts";
import "./endOnSignals.ts";
