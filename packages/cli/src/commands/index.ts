import type { CommandGroups } from "../services/command.js";
import { beacon } from "./beacon.js";
import { funds } from "./funds.js";
import { job } from "./job.js";
import { model } from "./model.js";
import { offering } from "./offering.js";
import { receipt } from "./receipt.js";
import { revenue } from "./revenue.js";
import { seats } from "./seats.js";
import { stake } from "./stake.js";

/** What there is. These files only describe: the work is loaded when a command runs. */
export const groups: CommandGroups = { stake, seats, model, job, receipt, offering, revenue, funds, beacon };
