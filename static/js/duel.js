/**
 * Two sides on one time axis. While the first side's view is live both are; when it is held or replays, the second
 * side shows the moment that the first one shows. Times are nanoseconds since each engine began, and both begin
 * together.
 */

/**
 * @param {object} leader a playback
 * @param {object} follower
 * @returns {() => void} ends it
 */
export function followTime(leader, follower) {
    let shown = null;
    return leader.listen(({ mode, state }) => {
        if (mode === "live") {
            shown = null;
            if (follower.mode !== "live") follower.goLive();
        } else if (shown !== state.time) {
            shown = state.time;
            follower.seekTime(state.time);
        }
    });
}
