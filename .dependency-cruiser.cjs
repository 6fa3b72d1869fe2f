const MAY_IMPORT = require("./scripts/checks/importTable.cjs");
const PURE = ["threshold", "wire", "protocol"]; // no Node core, no network, no clock
const BROWSER = ["client", "chain", "bindings", "dashboard"]; // must run in a browser

const TESTS = ["^packages/[^/]+/src/.*[.]test[.]ts$", "^packages/[^/]+/src/testing/", "^packages/[^/]+/src/fakes/"];

/** An extension is tested over a keeper's own services, on vaults and chains of the keeper's tests. */
const EXTENSION_TESTS = ["^packages/parity/src/.*[.]test[.]ts$", "^packages/parity/src/testing/"];

/** What is in pages of `@keyquorum/parity/library`, and what it is made of. */
const PARITY_PAGES =
  "^packages/parity/src/((library|formats|proofs)/|retrieval/(statements|messages)[.]ts$|records/(serverKeyRecord|slotSignature)[.]ts$|extensionName[.]ts$)";

const src = (name) => `^packages/${name}/src/`;
const anyOf = (names) => `(${names.join("|")})`;

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
      name: `${name}-imports`,
      comment: `packages/${name}/src may import: ${allowed.join(", ") || "no other package"}.`,
      severity: "error",
      from: { path: src(name) },
      to: { path: "^packages/", pathNot: `^packages/${anyOf([name, ...allowed])}/` },
    })),
    {
      name: "one-file-imports-noble-curves",
      comment: "Points are multiplied by `backend` of packages/threshold, whichever it is (D69).",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: [...TESTS, "^packages/threshold/src/noble[.]ts$"] },
      to: { path: "@noble/curves" },
    },
    {
      name: "through-the-front-door",
      comment: "Name another package (@keyquorum/x). A relative path across packages skips its exports.",
      severity: "error",
      from: { path: "^packages/([^/]+)/", pathNot: EXTENSION_TESTS },
      to: { path: "^packages/", pathNot: "^packages/$1/", dependencyTypes: ["local"], dependencyTypesNot: ["aliased-workspace"] },
    },
    {
      name: "tests-of-extensions-stand-on-a-keeper",
      comment: "And on nothing else behind the front doors.",
      severity: "error",
      from: { path: EXTENSION_TESTS },
      to: {
        path: "^packages/",
        pathNot: ["^packages/parity/", "^packages/keeper/src/(testing/|peers/lossyTransport[.]ts$)"],
        dependencyTypes: ["local"],
        dependencyTypesNot: ["aliased-workspace"],
      },
    },
    {
      name: "packages-never-import-the-root",
      comment: "But for the dice of test/random and what more than one package's tests need, in tests and what only tests load.",
      severity: "error",
      from: { path: "^packages/", pathNot: TESTS },
      to: { path: "^(tasks|scripts|test|contracts|hardhat[.]config)" },
    },
    {
      name: "tests-of-packages-roll-dice-only",
      comment: "And those of the kernel take its bytes, compiled again where a mutant changed its sources.",
      severity: "error",
      from: { path: TESTS },
      to: {
        path: "^(tasks|scripts|test|contracts|hardhat[.]config)",
        pathNot: ["^test/random/", "^test/fixtures/tlsCertificate[.]ts$", "^scripts/kernel/kernelUnderTest[.]ts$"],
      },
    },
    {
      name: "only-bindings-sees-typechain",
      comment: "Generated contract types enter TypeScript by one door: packages/bindings.",
      severity: "error",
      from: { path: "^packages/", pathNot: src("bindings") },
      to: { path: "^typechain-types/" },
    },
    {
      name: "bytecode-has-entries-of-its-own",
      comment: "What browsers load holds interfaces only. Deploying is @keyquorum/bindings/deploy, /policies and /parity.",
      severity: "error",
      from: { path: src("bindings"), pathNot: ["/src/(deploy|policies|parity)/", "/src/simulatedSignature[.]ts$", "[.]test[.]ts$"] },
      to: {
        path: "^(typechain-types/|packages/bindings/src/(deploy|policies|parity)/)",
        pathNot: "^typechain-types/factories/.*/I[A-Z][^/]*__factory[.]ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "browser-packages-deploy-nothing",
      severity: "error",
      from: { path: src(anyOf(["client", "chain", "dashboard", "keeper"])), pathNot: "[.]test[.]ts$" },
      to: { path: "^packages/bindings/src/deploy/" },
    },
    {
      name: "pure-packages-do-no-io",
      severity: "error",
      from: { path: src(anyOf(PURE)), pathNot: "[.]test[.]ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "browser-packages-use-no-node-core",
      severity: "error",
      from: { path: src(anyOf(BROWSER)), pathNot: ["/src/node/", "/src/fakes/", "[.]test[.]ts$"] },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "parity-library-runs-in-browsers",
      comment:
        "What a page may do with a key that it holds, or with a wallet: formats and proofs, over packages for browsers, and no Node core.",
      severity: "error",
      from: { path: PARITY_PAGES, pathNot: "[.]test[.]ts$" },
      to: { path: "^packages/", pathNot: [PARITY_PAGES, "^packages/(threshold|wire|protocol|client)/"] },
    },
    {
      name: "parity-library-uses-no-node-core",
      severity: "error",
      from: { path: PARITY_PAGES, pathNot: "[.]test[.]ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "testing-stays-in-tests",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: [src("testing"), "[.]test[.]ts$"] },
      to: { path: "^packages/testing/" },
    },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "not-to-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-undeclared-dependency",
      severity: "error",
      from: { path: "^packages/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/runner/guest/" }, // AssemblyScript, which resolves by its own rules
    combinedDependencies: true,
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
