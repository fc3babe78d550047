/** A configuration before it is checked: sections within sections, as YAML gives them. */

/** A part of a configuration, as a file has it. */
export type ConfigTree = { [key: string]: unknown };

/** Whether a value is a section and not a value of a key. */
export function isTree(value: unknown): value is ConfigTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tables whose keys are the user's own: one above replaces the one below as a whole. */
const replaced: readonly string[] = ["curate.rubric"];

/**
 * Lays one tree over another: sections are merged key by key, and a key or section without a value leaves what is below.
 * An action alone stands for the check's section: `coherence: flag`.
 *
 * @returns a new tree; neither argument is changed
 */
export function merge(below: ConfigTree, above: ConfigTree, prefix = ""): ConfigTree {
  const result = { ...below };
  for (const [key, value] of Object.entries(above)) {
    // Written as a key it would change what every object inherits.
    if (value === undefined || value === null || key === "__proto__") continue;
    const under = result[key];
    const name = `${prefix}${key}`;
    if (isTree(under) && isTree(value) && !replaced.includes(name)) result[key] = merge(under, value, `${name}.`);
    else if (isTree(under) && "action" in under && !isTree(value)) result[key] = { ...under, action: value };
    else result[key] = value;
  }
  return result;
}

/** The value at a dotted name such as `paths.output.parsed`; undefined where there is none. */
export function valueAt(tree: ConfigTree, name: string): unknown {
  return name.split(".").reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), tree);
}

/** A copy of the tree with a value at a dotted name; sections on the way are made where they are missing. */
export function withValue(tree: ConfigTree, name: string, value: unknown): ConfigTree {
  const [key = "", ...rest] = name.split(".");
  const below = tree[key];
  return {
    ...tree,
    [key]: rest.length === 0 ? value : withValue(isTree(below) ? below : {}, rest.join("."), value),
  };
}

/** A copy of the tree without what stands at a dotted name, and without the sections that this leaves empty. */
export function without(tree: ConfigTree, name: string): ConfigTree {
  const [key = "", ...rest] = name.split(".");
  const { [key]: below, ...others } = tree;
  if (rest.length === 0 || !isTree(below)) return rest.length === 0 ? others : tree;
  const left = without(below, rest.join("."));
  return Object.keys(left).length === 0 ? others : { ...tree, [key]: left };
}

/** Every value of a tree with its dotted name; keys without a value are left out. */
export function leaves(tree: ConfigTree, prefix = ""): [name: string, value: unknown][] {
  return Object.entries(tree).flatMap(([key, value]): [string, unknown][] => {
    if (value === undefined || value === null) return [];
    const name = `${prefix}${key}`;
    return isTree(value) ? leaves(value, `${name}.`) : [[name, value]];
  });
}
