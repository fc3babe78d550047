/** Settings of reading: those of the configuration, in the units of the code. */
import type { IngestSettings } from "../../config/sections/ingest.js";
import type { SourceSettings } from "./sources/source.js";

/** What holds where there is no configuration, as in the library's single functions; the same as `configs/default.yaml`. */
export const defaultSettings: IngestSettings = {
  default_format: "lance",
  youtube_captions: "auto",
  youtube_language: "",
  max_download: 512,
  download_timeout: 600,
  download_idle_timeout: 30,
  columns: [],
  ocr: false,
  ocr_languages: ["eng"],
  links: "absolute",
  workers: "auto",
  timeout: 600,
  max_memory: 2048,
  max_expanded: 4096,
  max_members: 100_000,
  max_ratio: 200,
  max_depth: 3,
};

export function sourceSettings(settings: IngestSettings): SourceSettings {
  return {
    maxExpandedBytes: settings.max_expanded * 2 ** 20,
    maxMembers: settings.max_members,
    maxRatio: settings.max_ratio,
    maxDepth: settings.max_depth,
    youtubeCaptions: settings.youtube_captions,
    youtubeLanguage: settings.youtube_language,
    maxDownloadBytes: settings.max_download * 2 ** 20,
    downloadMs: settings.download_timeout * 1000,
    idleMs: settings.download_idle_timeout * 1000,
  };
}
