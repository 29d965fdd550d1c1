/**
 * Follows the server's one job by long polling, through restarts of the server and lost connections. No DOM.
 *
 * Polls are at least half a second apart: whoever looks on takes processor time from what is measured.
 */

const APART_MS = 500;
const QUICK_MS = 100; // an answer that came at once and said nothing new is no reason to ask at once again
const REST_MS = 2000;
const UNSEEN_REST_MS = 15_000; // where nobody looks
const RETRIES_MS = [500, 1000, 2000, 4000];

export class JobFollower {
    /**
     * @param {ReturnType<import("./client.js").createClient>} client
     * @param {{ job(job: object | null): void, connection(state: "connected" | "lost" | "forbidden"): void }} hooks
     */
    constructor(client, hooks) {
        Object.assign(this, {
            client,
            hooks,
            version: null,
            id: null,
            failures: 0,
            stopped: false,
            wake: null,
            restMs: REST_MS,
        });
    }

    async start() {
        while (!this.stopped) {
            const began = performance.now();
            const answer = await this.client.job(this.version, this.id);
            if (this.stopped) return;
            const rest = answer.ok ? this.take(answer.value.job, began) : this.fail(answer.error);
            await this.pause(rest);
        }
    }

    /** Whether somebody looks; who comes back is told at once. */
    seen(isSeen) {
        this.restMs = isSeen ? REST_MS : UNSEEN_REST_MS;
        if (isSeen) this.wake?.();
    }

    /** Ask now: something was started or cancelled. */
    nudge() {
        this.version = null;
        this.wake?.();
    }

    stop() {
        this.stopped = true;
        this.wake?.();
    }

    take(job, began) {
        this.failures = 0;
        this.hooks.connection("connected");
        const isNew = job?.id !== this.id || job?.version !== this.version;
        [this.id, this.version] = [job?.id ?? null, job?.version ?? 0];
        this.hooks.job(job);
        const took = performance.now() - began;
        return !isNew && took < QUICK_MS ? this.restMs : Math.max(0, APART_MS - took);
    }

    fail({ status }) {
        this.version = null; // another server counts anew
        this.hooks.connection(status === 401 || status === 403 ? "forbidden" : "lost");
        this.failures += 1;
        return RETRIES_MS[Math.min(this.failures, RETRIES_MS.length) - 1];
    }

    pause(milliseconds) {
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, milliseconds);
            this.wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }
}
