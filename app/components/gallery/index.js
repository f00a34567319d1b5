import { Mounts } from "../common/mounts.js";
import { Gallery } from "./gallery.js";

/** @import { ComponentCall } from "../common/types.d.ts" */
/** @import { Data } from "./types.d.ts" */

const mounts = new Mounts((host) => new Gallery(host));

/** @param {ComponentCall<Data>} call */
export default function gallery({ data, parentElement, setTriggerValue }) {
  mounts.at(parentElement).update(data, setTriggerValue);
}
