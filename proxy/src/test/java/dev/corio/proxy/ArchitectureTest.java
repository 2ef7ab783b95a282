package dev.corio.proxy;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// The directions of the house. Here because the proxy sees every published module.
///
/// ```
/// proxy ─► net ─► core ─► uring, linux ─► generated
///       channel ──┘
/// ```
final class ArchitectureTest {
    private static final String LINUX = "dev.corio.linux..";
    private static final String URING = "dev.corio.uring..";
    private static final String GENERATED = "dev.corio.generated..";
    private static final String CORE = "dev.corio.core..";
    private static final String CHANNEL = "dev.corio.channel..";
    private static final String NET = "dev.corio.net..";
    private static final String PROXY = "dev.corio.proxy..";
    private static final String BENCH = "dev.corio.bench..";

    /// Memory and the two queues of a ring talk to the kernel, the others to threads.
    private static final Set<String> REVIEWED_FOR_RACES =
            Set.of(
                    "Memory",
                    "SubmissionQueue",
                    "CompletionQueue",
                    "Mailbox",
                    "MailRing",
                    "MailList",
                    "Cores",
                    "Doorbell",
                    "EndWatches",
                    "CoreFailure",
                    "Orphans",
                    "SignalHandlers",
                    "StopSignals",
                    "Task",
                    "CoreCall",
                    "BlockingCall",
                    "LoopLogger",
                    "HandOver",
                    "Detached",
                    "Distributor",
                    "Events",
                    "ClosableQueue",
                    "MpscQueue",
                    "SpscQueue",
                    "Room",
                    "Request");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .withImportOption(location -> !location.contains("-tests.jar"))
                    .importPackages("dev.corio");

    /// A rule over no classes passes, so first: they are there.
    @Test
    void everyModuleIsSeen() {
        for (String name :
                Set.of("linux", "uring", "generated", "core", "channel", "net", "proxy")) {
            assertTrue(
                    CLASSES.stream().anyMatch(c -> c.getPackageName().equals("dev.corio." + name)),
                    "no classes of dev.corio." + name);
        }
    }

    @Test
    void modulesDependDownwardsOnly() {
        noClasses()
                .that()
                .resideInAPackage(LINUX)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(URING, CORE, CHANNEL, NET, PROXY, BENCH)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(URING)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CORE, CHANNEL, NET, PROXY, BENCH)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(GENERATED)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(LINUX, URING, CORE, CHANNEL, NET, PROXY, BENCH)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(CORE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CHANNEL, NET, PROXY, BENCH)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(CHANNEL)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(LINUX, URING, GENERATED, NET, PROXY, BENCH)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(NET)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(PROXY, BENCH)
                .check(CLASSES);
    }

    @Test
    void generatedClassesStayInsideTheBindings() {
        noClasses()
                .that()
                .resideOutsideOfPackages(LINUX, URING, GENERATED)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(GENERATED)
                .check(CLASSES);
    }

    @Test
    void nativeAccessStaysInsideTheBindings() {
        noClasses()
                .that()
                .resideOutsideOfPackages(LINUX, URING, GENERATED)
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
                .orShould()
                .callMethodWhere(
                        describe(
                                "it is called reinterpret",
                                call -> call.getTarget().getName().equals("reinterpret")))
                .check(CLASSES);
    }

    /// What net asks of the kernel goes through its core, operations through the driver and the
    /// rest through `Sockets`: then a simulated kernel sees all of it. The constants of `Linux` are
    /// for everyone.
    @Test
    void netCallsTheKernelOnlyThroughItsCore() {
        noClasses()
                .that()
                .resideInAPackage(NET)
                .should()
                .callMethodWhere(
                        describe(
                                "it is a system call",
                                call ->
                                        call.getTargetOwner()
                                                .getFullName()
                                                .equals("dev.corio.linux.Linux")))
                .check(CLASSES);
    }

    /// A write to a socket whose peer is gone raises SIGPIPE, on io_uring too; a send need not.
    @Test
    void netSendsToSocketsAndNeverWrites() {
        noClasses()
                .that()
                .resideInAPackage(NET)
                .should()
                .callMethodWhere(
                        describe(
                                "it writes an entry of a write",
                                call ->
                                        call.getTargetOwner().getSimpleName().equals("Sqe")
                                                && call.getName().matches("writev?|splice")))
                .check(CLASSES);
    }

    @Test
    void nobodyUsesUnsafe() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("(sun\\.misc|jdk\\.internal\\.misc)\\.Unsafe")
                .check(CLASSES);
    }

    /// A driver is an implementation of the package-private `Driver`; who could name one could ask
    /// which one runs.
    @Test
    void driversArePrivateToTheCore() {
        classes()
                .that(resideInAPackage(CORE).and(isDriver()))
                .should()
                .notBePublic()
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage(CORE)
                .should()
                .dependOnClassesThat(resideInAPackage(CORE).and(isDriver()))
                .check(CLASSES);
    }

    /// A few files are reviewed for races, so only they may have anything to race for.
    /// `LockSupport` is no lock: it puts the caller to sleep.
    @Test
    void threadsMeetOnlyInTheFilesThatAreReviewedForIt() {
        noClasses()
                .that(areNotReviewedForRaces())
                .should()
                .dependOnClassesThat(areMeansOfSharing())
                .check(CLASSES);
        noFields()
                .that()
                .areDeclaredInClassesThat(areNotReviewedForRaces())
                .should()
                .haveModifier(JavaModifier.VOLATILE)
                .check(CLASSES);
        noMethods()
                .that()
                .areDeclaredInClassesThat(areNotReviewedForRaces())
                .should()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .check(CLASSES);
    }

    @Test
    void classesAreFinalOrMeantToBeExtended() {
        classes()
                .that()
                .resideInAnyPackage(LINUX, URING, CORE, CHANNEL, NET, PROXY)
                .and()
                .areTopLevelClasses()
                .and()
                .areNotInterfaces()
                .and()
                .areNotEnums()
                .and()
                .doNotHaveModifier(JavaModifier.ABSTRACT)
                .and()
                .doNotHaveSimpleName("package-info")
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(CLASSES);
    }

    @Test
    void onlyTheEntryPointAndCommandsEndTheProcess() {
        noClasses()
                .that()
                .resideInAnyPackage(LINUX, URING, CORE, CHANNEL, NET)
                .and()
                .doNotHaveSimpleName("ProcessEnd")
                .should()
                .callMethodWhere(
                        describe(
                                "it is System.exit or Runtime.halt", ArchitectureTest::endsProcess))
                .check(CLASSES);
    }

    private static boolean endsProcess(JavaAccess<?> access) {
        AccessTarget target = access.getTarget();
        return (target.getOwner().isEquivalentTo(System.class) && target.getName().equals("exit"))
                || (target.getOwner().isEquivalentTo(Runtime.class)
                        && target.getName().equals("halt"));
    }

    private static DescribedPredicate<JavaClass> isDriver() {
        return describe("are drivers", c -> c.getSimpleName().endsWith("Driver"));
    }

    private static DescribedPredicate<JavaClass> areMeansOfSharing() {
        return describe(
                "are locks, atomics or VarHandle",
                c ->
                        c.isEquivalentTo(VarHandle.class)
                                || c.getPackageName().equals("java.util.concurrent.atomic")
                                || (c.getPackageName().equals("java.util.concurrent.locks")
                                        && !c.isEquivalentTo(LockSupport.class)));
    }

    private static DescribedPredicate<JavaClass> areNotReviewedForRaces() {
        return resideInAnyPackage(LINUX, URING, CORE, CHANNEL, NET)
                .and(
                        describe(
                                "are not reviewed for races",
                                c -> !REVIEWED_FOR_RACES.contains(outermost(c).getSimpleName())));
    }

    private static JavaClass outermost(JavaClass c) {
        JavaClass outer = c;
        while (outer.getEnclosingClass().isPresent()) {
            outer = outer.getEnclosingClass().get();
        }
        return outer;
    }
}
