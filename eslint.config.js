// Typed rules only; biome does the rest.
import tseslint from "typescript-eslint";

const impure = ["fetch", "process", "Date", "performance", "setTimeout", "setInterval", "crypto", "Buffer", "console"].map((name) => ({
  name,
  message: "threshold, wire and protocol are pure: take it as an argument.",
}));

// Noble's points multiply by themselves, and so do the keys of ethers: neither goes through `backend` (D-69).
const pastTheBackend = ["multiply", "multiplyUnsafe"].map((property) => ({
  property,
  message: "Multiply by `backend` of @keyquorum/threshold.",
}));
const keysPastTheBackend = [
  {
    name: "ethers",
    importNames: ["SigningKey", "recoverAddress", "computeAddress"],
    message: "Take signDigest, recoverSigner and accountOfSecret of @keyquorum/wire.",
  },
  { name: "@keyquorum/threshold", importNames: ["nobleBackend"], message: "Take `backend`: there is one for the process." },
];

const unrepeatable = "Tests roll the dice of test/random, so that KEYQUORUM_SEED repeats a failure.";

export default tseslint.config(
  {
    ignores: [
      "**/node_modules/**",
      "typechain-types/**",
      "artifacts/**",
      "cache/**",
      "**/dist/**",
      "examples/**",
      ".keyquorum/**",
      "**/*.js",
      "**/*.mjs",
      "**/*.cjs",
    ],
  },
  {
    files: ["**/*.ts"],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
    },
  },
  {
    files: ["**/*.test.ts", "test/**/*.ts", "packages/*/src/{testing,fakes}/**/*.ts"],
    ignores: ["test/random/**", "packages/vault/src/testing/fixtures.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: unrepeatable },
        { property: "createRandom", message: unrepeatable },
      ],
      "no-restricted-imports": [
        "error",
        { paths: ["node:crypto", "ethers"].map((name) => ({ name, importNames: ["randomBytes", "randomInt"], message: unrepeatable })) },
      ],
    },
  },
  {
    files: ["packages/*/src/**/*.ts"],
    ignores: ["**/*.test.ts", "packages/*/src/{testing,fakes}/**", "packages/threshold/src/nobleBackend.ts"],
    rules: {
      "no-restricted-properties": ["error", ...pastTheBackend],
      "no-restricted-imports": ["error", { paths: keysPastTheBackend }],
    },
  },
  {
    files: ["packages/{threshold,wire,protocol}/src/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-globals": ["error", ...impure],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness is an argument." },
        ...pastTheBackend,
      ],
    },
  },
  {
    files: ["packages/threshold/src/nobleBackend.ts"],
    rules: { "no-restricted-properties": "off" },
  },
);
