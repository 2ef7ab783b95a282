package dev.corio.bench;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The echo on Netty as its own documentation writes it: a flush per batch of reads instead of one
/// per message.
@Command(
        name = "netty-echo",
        description = "Echo server on Netty.",
        mixinStandardHelpOptions = true)
final class NettyEcho implements Callable<Integer> {
    @Mixin private ListenAt listen = new ListenAt();

    @Option(names = "--transport", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
    private NettyTransport transport = NettyTransport.EPOLL;

    @Override
    public Integer call() throws InterruptedException {
        transport.serve("netty-echo", listen.address(), new Echo());
        return 0;
    }

    /// The void promise reports a failed write through exceptionCaught, without an allocation.
    @Sharable
    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
