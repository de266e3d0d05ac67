import type { CommandGroup } from "../services/command.js";

const work = () => import("../services/seats.js");

const MODEL = { model: { type: "string", value: "ID", about: "the model" } } as const;
const SEATS = { ...MODEL, seats: { type: "string", value: "N[,N]", about: "numbers of the seats" } } as const;

export const seats: CommandGroup = {
  about: "Verifier seats of a model. Taking and leaving need the owner's key.",
  commands: {
    list: {
      about: "the seats of a model, and who holds them",
      options: MODEL,
      load: async () => (await work()).list,
    },
    take: {
      about: "take seats and lock their bonds",
      options: { ...MODEL, count: { type: "string", value: "N", about: "how many (default 1)" } },
      example: "assay seats take --model 1 --count 2",
      load: async () => (await work()).take,
    },
    activate: {
      about: "make seats drawable after the delay; any key",
      options: SEATS,
      load: async () => (await work()).activate,
    },
    leave: { about: "begin to leave seats", options: SEATS, load: async () => (await work()).leave },
    vacate: {
      about: "free the bonds of left seats after the delay; any key",
      options: SEATS,
      load: async () => (await work()).vacate,
    },
  },
};
