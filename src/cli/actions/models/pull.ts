import { UsageError } from "../../../errors.js";
import { catalogue } from "../../../models/catalogue.js";
import { hubAccess } from "../../../models/hub/access.js";
import { pull } from "../../../models/hub/pull.js";
import { type HubUri, parseHubUri } from "../../../models/hub/uri.js";
import { nearest } from "../../../models/nearest.js";
import { sizeText } from "../../../models/sizes.js";
import type { PullFlags } from "../../models.js";
import { runModels } from "./work.js";

export async function pullAction(name: string, flags: PullFlags): Promise<void> {
  await runModels(
    "models pull",
    flags,
    async ({ bar, signal }) => {
      const uri = uriOf(name, flags.format);
      const { model, present, fetchedBytes } = await pull(uri, {
        access: hubAccess,
        signal,
        observer: { note: (text) => bar.note(text), progress: (done, total) => bar.progress(done, total) },
        ...(flags.mmproj === undefined ? {} : { projector: flags.mmproj }),
        ...(flags.update === undefined ? {} : { update: flags.update }),
      });
      const licence = model.manifest?.licence ?? "which the source does not name";
      return {
        json: { name: model.name, path: model.path, present, fetched_bytes: fetchedBytes, manifest: model.manifest },
        lines: present
          ? [`${model.name} is here already, all of it: ${model.path}`]
          : [
              `${model.name}: ${sizeText(model.weightBytes)}, every file verified; licence: ${licence}`,
              `use it with -m ${model.name}`,
            ],
      };
    },
    "interrupted: what was fetched is kept; run the same command to go on",
  );
}

/** An address of a hub, or an id of the catalogue with or without a quantization. */
function uriOf(name: string, format: PullFlags["format"]): HubUri {
  const [, id = "", quantization] = /^([^:/@]+)(?::([\w-]+))?$/.exec(name) ?? [];
  const entry = catalogue().find((one) => one.id === id.toLowerCase());
  if (entry === undefined) {
    const near = nearest(
      id,
      catalogue().map((one) => one.id),
    );
    if (id === "" || near.length === 0) return parseHubUri(name);
    throw new UsageError(`${name} is no id of the catalogue and does not begin with hf:`, {
      remedy: `did you mean ${near.join(" or ")}? \`quern models list --catalogue\` shows all`,
    });
  }
  if (format === "gguf") {
    const { repo, file } = entry.gguf;
    if (quantization !== undefined) return { repo, quantization: quantization.toUpperCase() };
    return file === undefined ? { repo, quantization: entry.gguf.quantization! } : { repo, file };
  }
  if (entry.safetensors === null || quantization !== undefined)
    throw new UsageError(`the catalogue has ${name} as GGUF only`, { remedy: "leave out --format safetensors" });
  return { repo: entry.safetensors.repo };
}
