import { defineConfig } from "vite";

export default defineConfig({
  // Relative, so that the built page can be hosted under any path.
  base: "./",
  server: { host: "127.0.0.1", port: 5173 },
  preview: { host: "127.0.0.1" },
  optimizeDeps: { include: ["@assay/sdk"] },
  build: { outDir: "dist/site", emptyOutDir: true, target: "es2023", chunkSizeWarningLimit: 1_500 },
});
