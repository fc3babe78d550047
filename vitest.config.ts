import { defineConfig } from "vitest/config";

const results = process.env["QUERN_TEST_RESULTS"];

export default defineConfig({
  test: {
    globalSetup: ["test/support/loopback.ts"],
    reporters: results === undefined ? ["default"] : ["default", ["json", { outputFile: results }]],
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "end-to-end",
          include: ["test/**/*.test.ts"],
          // Each starts the command with a model: side by side they would fight for the cores.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
