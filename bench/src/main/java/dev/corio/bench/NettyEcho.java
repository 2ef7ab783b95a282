package dev.corio.bench;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// The echo on Netty as its own documentation writes it: a flush per batch of reads instead of one
/// per message.
final class NettyEcho implements Server {
    /// @param arguments where to listen, and the transport
    @Override
    public void serve(String... arguments) throws InterruptedException {
        NettyTransport.valueOf(arguments[1])
                .serve("netty-echo", Server.address(arguments[0]), new Echo());
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
