export { EXTENSION_NAME } from "./extensionName.ts";
