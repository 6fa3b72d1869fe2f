import { constants } from "node:os";

// Node runs no "exit" listener when a signal ends it that nobody listens to, and mocha waits for the running test: but what we started (chains, keepers,
// their folders) is to end with us, at once.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(128 + constants.signals[signal]));
