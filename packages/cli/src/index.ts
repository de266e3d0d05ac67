/** What other programs of the repository use of the command line; the rest is the program `assay`. */
export { table } from "./domain/table.js";
