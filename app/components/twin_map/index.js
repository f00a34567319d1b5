import { Mounts } from "../common/mounts.js";
import { decodePoints, pointsCache } from "./points.js";
import { TwinMap } from "./twin_map.js";

/** @import { ArrowTable, ComponentCall } from "../common/types.d.ts" */
/** @import { View } from "./types.d.ts" */

const mounts = new Mounts((host) => new TwinMap(host));

/** @param {ComponentCall<View | { role: "points", version: string, table: ArrowTable }>} call */
export default function twinMap({ data, parentElement, setStateValue, setTriggerValue }) {
  if (data.role === "points") return pointsCache.add(data.version, () => decodePoints(data.table));
  mounts.at(parentElement).update(data, { state: setStateValue, trigger: setTriggerValue });
  return mounts.cleanUp(parentElement, (map) => map.destroy());
}
