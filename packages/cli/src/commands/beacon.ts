import type { CommandGroup } from "../services/command.js";

const work = () => import("../services/beacon.js");

export const beacon: CommandGroup = {
  about: "Randomness rounds of the deployment's drand network.",
  commands: {
    show: {
      about: "the schedule, the latest posted round, or one round",
      options: { round: { type: "string", value: "N", about: "this round" } },
      load: async () => (await work()).show,
    },
    post: {
      takes: "ROUND",
      about: "fetch a round from drand, check it and post it; any key",
      options: { url: { type: "string", value: "URL[,URL]", about: "other servers than the deployment's" } },
      load: async () => (await work()).post,
    },
  },
};
