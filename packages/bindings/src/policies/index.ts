export * from "./deployPolicies.ts";
export * from "./deployRules.ts";
export * from "./interfaces.ts";
