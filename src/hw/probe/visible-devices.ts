/** Which devices the environment leaves to programs: `CUDA_VISIBLE_DEVICES` and its kin. */

export interface Visible<T> {
  devices: T[];
  /** An entry that names no device; it and what follows do not count. */
  unknown?: string;
}

/**
 * As the driver does it: entries are indices or the beginnings of UUIDs, in the order the program will see them;
 * the first that names no device ends the list. An empty list and `-1` leave none.
 * @param setting the variable's value; undefined leaves all
 */
export function visibleDevices<T extends { index: number; uuid?: string | undefined }>(
  devices: readonly T[],
  setting: string | undefined,
): Visible<T> {
  if (setting === undefined) return { devices: [...devices] };
  const chosen: T[] = [];
  for (const entry of setting.split(",").map((each) => each.trim())) {
    const device = deviceNamed(devices, entry);
    if (device === undefined) {
      const none = entry === "" || entry === "-1" || entry === "NoDevFiles";
      return none ? { devices: chosen } : { devices: chosen, unknown: entry };
    }
    // A device that is named twice is an error to the driver: then there is none.
    if (chosen.includes(device)) return { devices: [], unknown: entry };
    chosen.push(device);
  }
  return { devices: chosen };
}

function deviceNamed<T extends { index: number; uuid?: string | undefined }>(
  devices: readonly T[],
  entry: string,
): T | undefined {
  if (/^\d+$/.test(entry)) return devices.find(({ index }) => index === Number(entry));
  if (entry === "" || entry === "-1") return undefined;
  const matching = devices.filter(({ uuid }) => uuid?.toLowerCase().startsWith(entry.toLowerCase()));
  return matching.length === 1 ? matching[0] : undefined;
}
