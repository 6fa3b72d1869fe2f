export { describeError, type ErrorDescription } from "@keyquorum/daemon";
