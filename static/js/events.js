/** Named events between the parts of the page. A listener that throws is reported and keeps no other from hearing. */

export function createEvents() {
    const listeners = new Map();
    return {
        /** @returns {() => void} stops listening */
        on(event, listener) {
            const set = listeners.get(event) ?? listeners.set(event, new Set()).get(event);
            set.add(listener);
            return () => set.delete(listener);
        },
        emit(event, data) {
            for (const listener of [...(listeners.get(event) ?? [])]) {
                try {
                    listener(data);
                } catch (error) {
                    reportError(error);
                }
            }
        },
    };
}
