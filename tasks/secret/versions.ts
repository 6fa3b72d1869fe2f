import { versions } from "../document/versions.ts";
import { byName } from "./byName.ts";

export default byName(versions);
