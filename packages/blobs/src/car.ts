export { type ExportOptions, exportCar } from "./exportCar.ts";
export { type ImportedCar, type ImportOptions, importCar } from "./importCar.ts";
