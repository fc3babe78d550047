/** Where the limits of a container are written: the control groups this process is in, up to the root. */

export interface CgroupPath {
  version: 1 | 2;
  /** Folders to look in, the process's own first and the root last. */
  folders: string[];
}

interface Mount {
  root: string;
  point: string;
  type: string;
  options: string[];
}

/**
 * @param cgroup the text of `/proc/self/cgroup`
 * @param mountinfo the text of `/proc/self/mountinfo`
 * @param controller the name of the controller in version 1: `memory`, `cpu`
 * @returns a path for each version that is mounted; both may have limits
 */
export function cgroupPaths(cgroup: string, mountinfo: string, controller: string): CgroupPath[] {
  const mounts = parseMounts(mountinfo);
  const found: CgroupPath[] = [];
  for (const line of cgroup.split("\n")) {
    const [hierarchy, controllers, ...rest] = line.trim().split(":");
    if (hierarchy === undefined || controllers === undefined) continue;
    const version = hierarchy === "0" && controllers === "" ? 2 : 1;
    if (version === 1 && !controllers.split(",").includes(controller)) continue;
    const mount = bestMount(
      mounts.filter(({ type, options }) =>
        version === 2 ? type === "cgroup2" : type === "cgroup" && options.includes(controller),
      ),
      rest.join(":"),
    );
    if (mount !== undefined) found.push({ version, folders: foldersUpToRoot(mount, rest.join(":")) });
  }
  return found;
}

function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [, , , root, point] = before?.split(" ") ?? [];
    const [type, , options] = after?.split(" ") ?? [];
    if (root === undefined || point === undefined || type === undefined) return [];
    return [{ root: unescaped(root), point: unescaped(point), type, options: options?.split(",") ?? [] }];
  });
}

/** Blanks and the like stand as octal numbers in mountinfo. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

function bestMount(mounts: readonly Mount[], own: string): Mount | undefined {
  return mounts.find((mount) => below(mount.root, own) !== undefined) ?? mounts[0];
}

/** The part of a path below a root, or undefined where it is not below it. */
function below(root: string, own: string): string | undefined {
  if (root === "/") return own.startsWith("/..") ? undefined : own;
  if (own === root) return "/";
  return own.startsWith(`${root}/`) ? own.slice(root.length) : undefined;
}

/** What lies outside of the mount is not visible in here: then its root is the nearest that can be seen. */
function foldersUpToRoot(mount: Mount, own: string): string[] {
  const parts = (below(mount.root, own) ?? "/").split("/").filter((part) => part !== "");
  const folders: string[] = [];
  for (let length = parts.length; length >= 0; length--)
    folders.push([mount.point, ...parts.slice(0, length)].join("/").replace(/^\/\//, "/"));
  return folders;
}
