// Loaded before the tests.
import "./compileCache.ts";
import "./quickStarts.ts";
import "./endOnSignals.ts";
