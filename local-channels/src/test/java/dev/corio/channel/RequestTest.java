package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.corio.core.Core;
import dev.corio.core.Cores;
import dev.corio.core.DriverUnderTest;
import dev.corio.core.EveryDriver;
import dev.corio.core.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

final class RequestTest {
    private static final int QUESTIONS = 5_000;

    @FunctionalInterface
    private interface Body {
        void run(Core asking, Core answering, CrossCoreChannel<Request<Integer, Integer>> questions)
                throws Exception;
    }

    private static void onTwoCores(DriverUnderTest driver, Body body) throws Exception {
        try (Cores one = Cores.start(driver.options());
                Cores two = Cores.start(driver.options())) {
            body.run(one.core(0), two.core(0), CrossCoreChannel.mpsc(two.core(0), 8));
        }
    }

    private static Task<Void> serve(
            Core core, CrossCoreChannel<Request<Integer, Integer>> questions) {
        return core.spawn(
                "serve",
                () -> {
                    Request<Integer, Integer> asked;
                    while ((asked = questions.receive()) != null) {
                        if (asked.question() < 0) {
                            asked.fail(new IllegalArgumentException("negative"));
                        } else {
                            asked.reply(asked.question() + 1);
                        }
                    }
                });
    }

    @EveryDriver
    void everyQuestionGetsItsAnswer(DriverUnderTest driver) throws Exception {
        onTwoCores(
                driver,
                (asking, answering, questions) -> {
                    Task<Void> serving = serve(answering, questions);
                    List<Task<Void>> tasks = new ArrayList<>();
                    for (int i = 0; i < 4; i++) {
                        tasks.add(
                                asking.spawn(
                                        "ask",
                                        () -> {
                                            Request<Integer, Integer> request = new Request<>();
                                            for (int number = 0; number < QUESTIONS; number++) {
                                                assertEquals(
                                                        number + 1, request.ask(questions, number));
                                            }
                                        }));
                    }
                    for (Task<Void> task : tasks) {
                        task.join();
                    }
                    questions.close();
                    serving.join();
                });
    }

    @Test
    void failureComesBackAsTheCauseAndTheRequestCanBeAskedAgain() throws Exception {
        onTwoCores(
                DriverUnderTest.EPOLL,
                (asking, answering, questions) -> {
                    serve(answering, questions);
                    asking.spawn(
                                    "ask",
                                    () -> {
                                        Request<Integer, Integer> request = new Request<>();
                                        ExecutionException e =
                                                assertThrows(
                                                        ExecutionException.class,
                                                        () -> request.ask(questions, -1));
                                        assertEquals("negative", e.getCause().getMessage());
                                        assertEquals(2, request.ask(questions, 1));
                                    })
                            .join();
                });
    }

    @Test
    void closedChannelGivesTheRequestBack() throws Exception {
        onTwoCores(
                DriverUnderTest.EPOLL,
                (asking, answering, questions) -> {
                    questions.close();
                    asking.spawn(
                                    "ask",
                                    () -> {
                                        Request<Integer, Integer> request = new Request<>();
                                        ClosedException e =
                                                assertThrows(
                                                        ClosedException.class,
                                                        () -> request.ask(questions, 1));
                                        assertSame(request, e.unsent());
                                        assertThrows(
                                                ClosedException.class,
                                                () -> request.ask(questions, 1));
                                    })
                            .join();
                });
    }

    @Test
    void interruptedRequestIsAbandonedAndTheAnswerTold() throws Exception {
        onTwoCores(
                DriverUnderTest.EPOLL,
                (asking, answering, questions) -> {
                    Task<Void> task =
                            asking.spawn(
                                    "ask",
                                    () -> {
                                        Request<Integer, Integer> request = new Request<>();
                                        assertThrows(
                                                InterruptedException.class,
                                                () -> request.ask(questions, 1));
                                        assertThrows(
                                                IllegalStateException.class,
                                                () -> request.ask(questions, 1));
                                    });
                    answering
                            .spawn(
                                    "answer",
                                    () -> {
                                        Request<Integer, Integer> asked = questions.receive();
                                        assertFalse(asked.isAbandoned());
                                        task.thread().interrupt();
                                        task.join();
                                        assertTrue(asked.isAbandoned());
                                        assertFalse(asked.reply(5));
                                        assertFalse(asked.fail(new IllegalStateException()));
                                    })
                            .join();
                });
    }

    /// Interrupts meet answers: a request is either answered or abandoned, on both sides.
    @Test
    void bothSidesAgreeWhetherTheAnswerWasInTime() throws Exception {
        onTwoCores(
                DriverUnderTest.EPOLL,
                (asking, answering, questions) -> {
                    for (int round = 0; round < QUESTIONS; round++) {
                        Task<Boolean> task =
                                asking.spawn(
                                        "ask",
                                        () -> {
                                            try {
                                                return new Request<Integer, Integer>()
                                                                .ask(questions, 1)
                                                        == 2;
                                            } catch (InterruptedException e) {
                                                return false;
                                            }
                                        });
                        Task<Boolean> answer =
                                answering.spawn(
                                        "answer",
                                        () -> {
                                            Request<Integer, Integer> asked = questions.receive();
                                            task.thread().interrupt();
                                            return asked.reply(2);
                                        });
                        assertEquals(task.join(), answer.join());
                    }
                });
    }

    @Test
    void secondAnswerIsRefused() throws Exception {
        onTwoCores(
                DriverUnderTest.EPOLL,
                (asking, answering, questions) -> {
                    Task<Integer> task =
                            asking.spawn(
                                    "ask", () -> new Request<Integer, Integer>().ask(questions, 1));
                    answering
                            .spawn(
                                    "answer",
                                    () -> {
                                        Request<Integer, Integer> asked = questions.receive();
                                        assertTrue(asked.reply(1));
                                        assertThrows(
                                                IllegalStateException.class, () -> asked.reply(2));
                                    })
                            .join();
                    assertEquals(1, task.join());
                });
    }
}
