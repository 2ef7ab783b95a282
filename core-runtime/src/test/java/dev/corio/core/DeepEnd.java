package dev.corio.core;

/// Does something at every depth of the stack, from the deepest frame that there is upwards.
final class DeepEnd {
    /// What is done at each depth.
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    private final Action action;
    private int framesLeft;
    private int overflows;
    private int successes;
    private int refusals;

    DeepEnd(Action action, int frames) {
        this.action = action;
        framesLeft = frames;
    }

    int overflows() {
        return overflows;
    }

    int successes() {
        return successes;
    }

    /// Goes down until the stack ends and acts on the way back, frame by frame.
    void dive() throws Exception {
        if (framesLeft == 0) {
            return;
        }
        try {
            dive();
        } catch (StackOverflowError bottom) {
            refusals++;
        }
        if (framesLeft > 0) {
            framesLeft--;
            act();
        }
    }

    private void act() throws Exception {
        try {
            action.run();
            successes++;
        } catch (StackOverflowError e) {
            overflows++;
        }
    }

    @Override
    public String toString() {
        return successes + " times done, " + overflows + " times too deep";
    }
}
