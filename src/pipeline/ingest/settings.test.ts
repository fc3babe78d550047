import { expect, it } from "vitest";
import { loadConfig } from "../../config/load.js";
import { defaultSettings } from "./settings.js";

it("the settings without a configuration are those of the configuration's defaults", async () => {
  const { config } = await loadConfig();
  expect(config.ingest).toEqual(defaultSettings);
});

it.each([
  ["ingest: {columns: question}", { columns: ["question"] }],
  ["ingest: {ocr_languages: [deu, eng]}", { ocr_languages: ["deu", "eng"] }],
  ["ingest: {default_format: txt, youtube_captions: manual}", { default_format: "txt", youtube_captions: "manual" }],
])("%s", async (_, expected) => {
  const { config } = await loadConfig({ flags: { ingest: expected } });
  expect(config.ingest).toMatchObject(expected);
});

it.each([{ ocr_languages: ["english"] }, { timeout: 0 }, { workers: -1 }, { default_format: "pdf" }, { max_ratio: 0 }])(
  "%j is refused by its key",
  async (ingest) => {
    await expect(loadConfig({ flags: { ingest } })).rejects.toThrow(`ingest.${Object.keys(ingest)[0]}`);
  },
);
