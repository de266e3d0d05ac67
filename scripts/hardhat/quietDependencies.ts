import type { HardhatPlugin } from "hardhat/types/plugins";

/** What solc adds to a diagnostic beside the fields that Hardhat's type names. */
interface Located {
  sourceLocation?: { file: string };
}

/** Drops the compiler's warnings about the code of npm packages: nobody here can act on them, and they hide our own. */
const quietDependencies: HardhatPlugin = {
  id: "assay-quiet-dependencies",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            invokeSolc: async (context, compiler, input, config, next) => {
              const output = await next(context, compiler, input, config);
              if (output.errors === undefined) return output;
              const errors = output.errors.filter((diagnostic) => {
                const { sourceLocation } = diagnostic as Located;
                return diagnostic.severity === "error" || sourceLocation?.file.startsWith("npm/") !== true;
              });
              return { ...output, errors };
            },
          }),
      }),
  },
};

export default quietDependencies;
