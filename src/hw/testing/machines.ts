/**
 * Machines as they are sold, rented and found, for tests that a plan suits all of them. Each stands for a product or a
 * limit that is named beside it.
 */
import type { MachineFacts } from "../facts.js";
import { desktopMachines } from "./machines-desktop.js";
import { otherMachines } from "./machines-other.js";
import { serverMachines } from "./machines-server.js";
import { smallMachines } from "./machines-small.js";

const all = { ...smallMachines, ...desktopMachines, ...serverMachines, ...otherMachines };

export type MachineName = keyof typeof all;

export const machines: Readonly<Record<MachineName, MachineFacts>> = all;

export const machineNames = Object.keys(all) as MachineName[];
