import { Mounts } from "../common/mounts.js";
import { decodeFrames, framesCache } from "./frames.js";
import { Player } from "./player.js";

/** @import { ComponentCall } from "../common/types.d.ts" */
/** @import { PlacesMessage, View } from "./types.d.ts" */

const mounts = new Mounts((host) => new Player(host));

/** @param {ComponentCall<View | PlacesMessage>} call */
export default function playback({ data, parentElement, setTriggerValue }) {
  if (data.role === "places") return framesCache.add(data.version, () => decodeFrames(data));
  mounts.at(parentElement).update(data, setTriggerValue);
  return mounts.cleanUp(parentElement, (player) => player.destroy());
}
