/**
 * While somebody scrubs, frames come faster than anything can be read. The picture follows each of them; what is read
 * (code, cards, lanes, sentences) follows at most every so often, and always the last one.
 */

const READ_EVERY_MS = 100;

/**
 * @param {(frame: object) => void} act
 * @param {() => number} [clock]  milliseconds
 * @returns {((frame: object) => void) & { cancel: () => void }} calls `act` with a frame at once, or, where frames jump
 *     in quick succession, with the last of them a little later
 */
export function paced(act, clock = () => performance.now()) {
    let at = -Infinity;
    let timer = 0;
    let latest = null;
    const take = () => {
        clearTimeout(timer);
        timer = 0;
        at = clock();
        act(latest);
    };
    const follow = (frame) => {
        latest = frame;
        const wait = frame.jumped ? at + READ_EVERY_MS - clock() : 0;
        if (wait <= 0) take();
        else timer ||= setTimeout(take, wait);
    };
    return Object.assign(follow, { cancel: () => clearTimeout(timer) });
}
