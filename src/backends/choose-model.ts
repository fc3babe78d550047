/** Which model a run takes when the user names none: the largest stored one that suits the machine, or the embedded one. */
import type { MachineFacts } from "../hw/facts.js";
import { plan, type PlanRequest } from "../hw/plan/index.js";
import type { ModelFacts } from "../models/facts.js";
import { catalogue, type CatalogueEntry, sourcesOf } from "../models/catalogue.js";
import { factsOfEntry } from "../models/catalogue-facts.js";
import { readModelFacts } from "../models/describe.js";
import { embeddedModelPath, isOfEntry } from "../models/find.js";
import { listModels, type StoredModel } from "../models/store.js";

export interface ModelChoice {
  /** The absolute path of a GGUF file or of a folder. */
  path: string;
  reason: string;
}

/** Fewer requests at once, or shorter ones, and the next smaller model gets more done. */
const enoughRequests = 4;
const enoughContext = 4096;

/** @returns whether a model runs well enough to be chosen without being asked for */
export function suits(machine: MachineFacts, facts: ModelFacts, request: PlanRequest): boolean {
  try {
    const made = plan(machine, facts, request);
    const isWhole = made.backend === "vllm" || made.device === "cpu" || made.gpuLayers > facts.layers;
    const context = Math.min(enoughContext, facts.trainContextTokens);
    return isWhole && made.concurrentRequests >= enoughRequests && made.contextTokens >= context;
  } catch {
    return false;
  }
}

/** Tokens per second fall with the parameters that compute for each; with more than this for each core a night is too short. */
const mostParametersPerCore = 0.5e9;

/**
 * The models of the catalogue that suit a machine, the most capable first.
 * @param machine with what llama.cpp and vLLM can use
 */
export function suitableEntries(
  machine: MachineFacts,
  request: PlanRequest,
): { entry: CatalogueEntry; source: string }[] {
  const hasGpu = machine.gpus.length > 0;
  const most = Math.max(1e9, mostParametersPerCore * machine.cpu.usableCores);
  return catalogue()
    .filter((entry) => hasGpu || entry.parameters.active <= most)
    .flatMap((entry) => {
      const [gguf, safetensors] = sourcesOf(entry);
      if (
        safetensors !== undefined &&
        machine.vllm?.cpuOnly === false &&
        suits(machine, factsOfEntry(entry, "safetensors"), request)
      )
        return [{ entry, source: safetensors }];
      return suits(machine, factsOfEntry(entry), request) ? [{ entry, source: gguf! }] : [];
    })
    .reverse();
}

/**
 * @param probe called only where there is something to choose from, because it takes a second
 */
export async function chooseModel(probe: () => Promise<MachineFacts>, request: PlanRequest): Promise<ModelChoice> {
  const { models } = await listModels().catch(() => ({ models: [] as readonly StoredModel[] }));
  const whole = models.filter((model) => model.damage.length === 0);
  const embedded = { path: embeddedModelPath, reason: "the embedded model: no other is stored on this machine" };
  if (whole.length === 0) return embedded;
  const machine = await probe();
  const entries = catalogue();
  const rank = (model: StoredModel) => entries.findIndex((entry) => isOfEntry(model, entry));
  // Known models first, the more capable before the less; then those that quern knows nothing of, by size.
  const ordered = [...whole].sort((a, b) => rank(b) - rank(a) || b.weightBytes - a.weightBytes);
  for (const model of ordered) {
    const facts = await readModelFacts(model.path).catch(() => undefined);
    if (facts !== undefined && suits(machine, facts, request))
      return { path: model.path, reason: `${model.name}: the most capable stored model that suits this machine` };
  }
  return { ...embedded, reason: `the embedded model: none of the ${whole.length} stored ones suits this machine` };
}
