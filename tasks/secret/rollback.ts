import { rollBack } from "../document/rollback.ts";
import { byName } from "./byName.ts";

export default byName(rollBack);
