package dev.corio.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// A TCP proxy on Netty: both connections of a pair on the one event loop, a flush per batch of
/// reads, and no reading from one side while the other one is not writable.
final class NettyRelay implements Server {
    /// @param arguments where to listen, the upstream, and the transport
    @Override
    public void serve(String... arguments) throws InterruptedException {
        InetSocketAddress upstream = Server.address(arguments[1]);
        NettyTransport transport = NettyTransport.valueOf(arguments[2]);
        transport.serve(
                "netty-relay", Server.address(arguments[0]), new Front(upstream, transport));
    }

    /// Connects to the upstream; until it answers, nothing is read from the client.
    @Sharable
    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Front extends ChannelInboundHandlerAdapter {
        private final InetSocketAddress upstream;
        private final NettyTransport transport;

        Front(InetSocketAddress upstream, NettyTransport transport) {
            this.upstream = upstream;
            this.transport = transport;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(false);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            Channel client = context.channel();
            Bootstrap bootstrap =
                    new Bootstrap()
                            .group(client.eventLoop())
                            .channel(transport.streamType())
                            .handler(new Side(client));
            transport.streamOptions().forEach((option, value) -> option(bootstrap, option, value));
            ChannelFuture connected = bootstrap.connect(upstream);
            context.pipeline().addLast(new Side(connected.channel()));
            connected.addListener(future -> {
                if (future.isSuccess()) {
                    client.config().setAutoRead(true);
                } else {
                    client.close();
                }
            });
        }

        /// The values in the map are of their options' types.
        @SuppressWarnings("unchecked")
        private static <T> void option(Bootstrap bootstrap, ChannelOption<?> option, Object value) {
            bootstrap.option((ChannelOption<T>) option, (T) value);
        }
    }

    /// One direction: what comes from this side goes to the other.
    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Side extends ChannelInboundHandlerAdapter {
        private final Channel other;

        Side(Channel other) {
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            other.write(message, other.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            other.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            other.config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            end(other);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            end(context.channel());
        }

        private static void end(@Nullable Channel channel) {
            if (channel != null && channel.isActive()) {
                channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
            }
        }
    }
}
