import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores([
    "**/dist/",
    "artifacts/",
    "cache/",
    "coverage/",
    "deploy/deployments/",
    "packages/sdk/src/typechain/",
  ]),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Bracket access is how TypeScript code tells an index signature from a declared property.
      "@typescript-eslint/dot-notation": "off",
    },
  },
  {
    files: ["packages/*/src/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "ThrowStatement > NewExpression[callee.name='Error']",
          message: "Throw an AssayError with a hint.",
        },
      ],
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Read and validate it in the application's config.ts." },
      ],
    },
  },
  {
    files: ["packages/*/src/config.ts"],
    rules: { "no-restricted-properties": "off" },
  },
  {
    files: ["scripts/**", "deploy/task.ts", "packages/cli/src/**", "packages/web/scripts/**"],
    rules: { "no-console": "off" },
  },
  {
    files: ["**/test/**"],
    rules: {
      // chai asserts through property access, and Mocha's callbacks need not be named.
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
