/** Following the server's job, through lost connections. */

import { JobFollower } from "../../static/js/measure/follow.js";
import { equal, test } from "./harness.js";

/** A client that answers what is listed, then ends the follower. */
function follow(answers) {
    const told = [];
    const asked = [];
    const ids = [];
    const client = {
        async job(after, id) {
            asked.push(after);
            ids.push(id);
            const answer = answers.shift();
            if (answers.length === 0) follower.stop();
            return answer;
        },
    };
    const follower = new JobFollower(client, {
        job: (job) => told.push(job?.version ?? null),
        connection: (state) => told.push(state),
    });
    follower.pause = async () => {};
    return follower.start().then(() => ({ told, asked, ids }));
}

const job = (version, id = "a") => ({ ok: true, value: { job: { id, version } } });
const gone = { ok: false, error: { status: 0 } };
const nothing = { ok: true, value: { job: null } };

test("each poll waits for what is newer than the last answer", async () => {
    const { told, asked } = await follow([nothing, job(1), job(4), nothing]);
    equal(asked, [null, 0, 1, 4]);
    equal(told, ["connected", null, "connected", 1, "connected", 4]);
});

test("a poll says which job its version is of: each counts its own", async () => {
    const { ids } = await follow([nothing, job(7, "a"), job(1, "b"), nothing]);
    equal(ids, [null, null, "a", "b"]);
});

test("after a lost connection it asks anew: another server counts anew", async () => {
    const { told, asked } = await follow([job(7), gone, gone, job(2, "b"), nothing]);
    equal(asked, [null, 7, null, null, 2]);
    equal(told, ["connected", 7, "lost", "lost", "connected", 2]);
});

test("a pass that does not hold is no lost connection", async () => {
    const { told } = await follow([{ ok: false, error: { status: 401 } }, nothing]);
    equal(told, ["forbidden"]);
});
