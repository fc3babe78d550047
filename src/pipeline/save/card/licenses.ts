/** The identifiers that Hugging Face's dataset cards take for licenses. */
import { UsageError } from "../../../errors.js";

/** "unknown" says that nobody said; "other" that the text lies beside the dataset. */
export const licenses: readonly string[] =
  `unknown other apache-2.0 mit cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0
cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc
cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 odc-by odbl pddl c-uda etalab-2.0 gfdl openmdw-1.0 afl-3.0
agpl-3.0 apple-ascl apple-amlr artistic-2.0 bigcode-openrail-m bigscience-bloom-rail-1.0 bigscience-openrail-m bsd
bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0
eupl-1.1 eupl-1.2 fair-noncommercial-research-license gemma gpl gpl-2.0 gpl-3.0 grok2-community h-research
intel-research isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 lppl-1.3c ms-pl
mpl-2.0 ncsa ofl-1.1 openrail openrail++ osl-3.0 postgresql unlicense wtfpl zlib`.split(/\s+/);

/**
 * @returns the identifier as the card has it
 * @throws {UsageError} when there is none of that name
 */
export function licenseNamed(name: string): string {
  const id = name.trim().toLowerCase();
  if (licenses.includes(id)) return id;
  const near = licenses.filter((one) => one.startsWith(id.slice(0, 3))).slice(0, 8);
  throw new UsageError(`"${name}" is not an identifier of a license that dataset cards take`, {
    remedy: `use for example ${(near.length > 0 ? near : ["cc-by-4.0", "mit", "other"]).join(", ")}`,
  });
}
