/** Binary frames as a server packs them. */

import { encodeRecords, layout } from "./machine.js";

/** A batch as a server packs it. */
export function packBatch(
    records,
    { generation = 0, version = layout.version, type = 1, count = records.length } = {},
) {
    const bytes = new Uint8Array(16 + records.length * layout.bytes);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, type);
    view.setUint8(1, version);
    view.setUint16(2, generation, true);
    view.setUint32(4, count, true);
    view.setBigUint64(8, BigInt(records[0]?.sequence ?? 0), true);
    bytes.set(encodeRecords(records), 16);
    return bytes.buffer;
}
