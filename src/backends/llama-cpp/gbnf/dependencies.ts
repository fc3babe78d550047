/** `dependentRequired`: for each property that needs others, members without it and members with it and these. */
import type { Member } from "./members.js";

/** Properties that need others multiply; those beyond this many are checked later. */
const MAX_NEEDY = 5;

export interface NamedMember extends Member {
  readonly name: string;
}

/**
 * @param members those that can be there
 * @param needs names by the name of the property that needs them
 * @returns members of each way to fulfil the needs; undefined where there are too many
 */
export function choicesOf(
  members: readonly NamedMember[],
  needs: ReadonlyMap<string, ReadonlySet<string>>,
): NamedMember[][] | undefined {
  const there = new Set(members.map(({ name }) => name));
  const needy = members.filter(({ name, required }) => !required && (needs.get(name)?.size ?? 0) > 0);
  if (needy.length > MAX_NEEDY) return undefined;
  const choices: NamedMember[][] = [];
  for (let mask = 0; mask < 2 ** needy.length; mask++) {
    const chosen = new Set(needy.filter((_, n) => (mask & (1 << n)) !== 0));
    const absent = new Set(needy.filter((member) => !chosen.has(member)).map(({ name }) => name));
    const required = new Set(members.filter((one) => one.required || chosen.has(one)).map(({ name }) => name));
    // What is needed may need more.
    for (const name of required) for (const other of needs.get(name) ?? []) required.add(other);
    if ([...required].some((name) => absent.has(name) || !there.has(name))) continue;
    choices.push(
      members
        .filter(({ name }) => !absent.has(name))
        .map((member) => (required.has(member.name) ? { ...member, required: true } : member)),
    );
  }
  return choices;
}
