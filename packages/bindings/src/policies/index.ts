export * from "./deployPolicies.ts";
export * from "./interfaces.ts";
